//! The sender against receivers on loopback whose answers are written byte by byte.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod addresses;
mod answers;
mod bodies;
mod form;
mod keep_alive;
mod proxies;
mod receiver;
mod silence;
mod tls;
