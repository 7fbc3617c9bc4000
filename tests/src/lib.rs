//! The harness of the end-to-end tests: the real binary, started on a port of its own.
//!
//! Nothing here sleeps. Whatever is awaited has a deadline, and its panic names what did not come.

pub mod api;
pub mod app;
pub mod client;
pub mod http;
pub mod log;
pub mod raw;
pub mod server;
pub mod shared;
pub mod sign;
pub mod suite;

use std::time::Duration;

/// How long anything may take before a test fails. Generous: the tests share their machine with a compiler.
pub const DEADLINE: Duration = Duration::from_secs(30);
