//! One suite for every engine ([`contract`]), then what belongs to one engine alone.

mod broker;
mod contract;
mod proxy;
mod rabbit;
mod sqlite;
