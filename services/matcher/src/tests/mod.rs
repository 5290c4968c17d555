//! The matcher on a real database, without a queue and with one.
