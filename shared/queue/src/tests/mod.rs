//! One suite for every engine ([`contract`]), then what belongs to one engine alone.

mod contract;
mod sqlite;
