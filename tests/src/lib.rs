//! What the end-to-end tests share: the real binary, started on a port of its own, and clients of it.
//!
//! The tests are those of the crate `clairon`, in its folder `tests`: Cargo builds the binary for them, and names it in
//! their environment. Nothing here sleeps. Whatever is awaited has a deadline, and its panic names what did not come.

pub mod admin;
pub mod api;
pub mod app;
pub mod client;
pub mod clock;
pub mod http;
pub mod log;
pub mod metrics;
pub mod nodes;
pub mod raw;
pub mod server;
pub mod sign;
pub mod suite;
