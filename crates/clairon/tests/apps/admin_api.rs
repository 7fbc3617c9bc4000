//! The admin API of the real binary: who may use it, what it does, and what it makes of nonsense.

#![expect(clippy::unwrap_used, reason = "where a preparation fails, the test has failed")]

mod access;
mod apps;
mod description;
mod faults;
mod input;
mod keys;
