//! The sender against receivers on loopback that are written byte by byte.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod form;
mod receiver;
