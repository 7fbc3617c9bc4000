//! Nodes over real Redis processes.
#![expect(clippy::expect_used, reason = "a test may panic")]

mod contract;
mod history;
mod redis_cluster;
mod refusals;
mod rights;
mod sentinel;
mod single;
mod support;
