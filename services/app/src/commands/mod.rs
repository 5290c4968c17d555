//! One file a command.

pub mod audit;
pub mod bank_file;
pub mod check;
pub mod claims;
pub mod form;
pub mod form_new;
pub mod import;
pub mod issue;
pub mod keys;
pub mod programmes;
pub mod read;
pub mod requeue;
pub mod roles;
pub mod status;
pub mod unseal;
pub mod users;
