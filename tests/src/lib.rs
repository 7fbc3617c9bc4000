//! The harness of the end-to-end tests: the real binary, started on a port of its own.
//!
//! Nothing here sleeps. Whatever is awaited has a deadline, and its panic names what did not come.

pub mod admin;
pub mod api;
pub mod app;
pub mod certificates;
pub mod client;
pub mod clock;
pub mod http;
pub mod log;
pub mod mariadb;
pub mod metrics;
pub mod nginx;
pub mod nodes;
pub mod proxy;
pub mod raw;
pub mod redis;
pub mod redis_cluster;
pub mod sentinel;
pub mod server;
pub mod shared;
pub mod sign;
pub mod suite;

use std::time::{Duration, Instant};

/// How long anything may take before a test fails. Generous: the tests share their machine with a compiler.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// Asks again and again until it is so. For what the server does in its own time and tells nobody.
///
/// # Panics
/// When it is not so within [`DEADLINE`]. The panic names `what`.
pub fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what} did not become so within {DEADLINE:?}");
    }
}
