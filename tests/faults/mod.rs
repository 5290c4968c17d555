//! Bad days: roles that are killed, disks that fill, clocks that jump, messages that come twice. After each of them every
//! page is in exactly one state, every record is there once, and no verified value has changed.
//!
//! The roles are the real program, one process each. `make faults` runs this folder alone and adds up; `KILLS=200 make
//! faults` kills more often; `SEED=7` repeats a run. Time is scaled: leases last 1.5 s instead of a minute.

mod audit;
mod broker;
mod bucket;
mod bureau;
mod clock;
mod disk;
mod doubles;
mod kills;
mod lease;
mod load;
mod post;
mod shim;
mod tally;
mod twins;

/// The broker and the wire of the queue's own tests.
#[path = "../../shared/queue/src/tests/broker.rs"]
mod real_broker;
#[path = "../../shared/queue/src/tests/proxy.rs"]
mod wire;
