//! Every test that crosses rooms, in one binary.

mod architecture;
mod bad_days;
mod browser;
mod claims;
mod command_line;
mod faults;
mod harness;
mod keeping;
mod mail;
mod roles;
mod samples;
mod sealed;
mod whole_way;
