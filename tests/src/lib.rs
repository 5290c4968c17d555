//! The harness and every test that crosses rooms.
