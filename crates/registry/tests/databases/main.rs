//! The registry over real databases: the contract that all engines keep, and what only some of them have.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod contract;
mod mysql;
mod postgres;
mod support;
