//! `clairon publish`, `clairon listen` and `clairon tail` with real servers and clients.

#![expect(clippy::unwrap_used, reason = "where a preparation fails, the test has failed")]

mod listen;
mod odd_servers;
mod publish;
mod tail;
mod tool;
