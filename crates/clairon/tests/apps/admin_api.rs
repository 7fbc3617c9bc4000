//! The admin API of the real binary: access, effects, and invalid input.

#![expect(clippy::unwrap_used, reason = "where a preparation fails, the test has failed")]

mod access;
mod apps;
mod change_log;
mod channels;
mod connections;
mod description;
mod events;
mod faults;
mod input;
mod keys;
mod live;
mod webhooks;
