//! Every test that crosses rooms, in one binary.

mod architecture;
