//! The harness of the end-to-end tests: the real binary on its own port, and clients for it.
//!
//! The tests themselves are in the folder `tests` of the crate `clairon`: Cargo builds the binary for them and names it
//! in their environment. Nothing here sleeps. Every wait has a timeout, and its panic names what was awaited.

pub mod admin;
pub mod api;
pub mod app;
pub mod client;
pub mod clock;
pub mod dashboard;
pub mod http;
pub mod log;
pub mod metrics;
pub mod network;
pub mod nodes;
pub mod raw;
pub mod recovery;
pub mod server;
pub mod sign;
pub mod suite;
pub mod transport;
pub mod webhook;
