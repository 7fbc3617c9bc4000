//! The registry over real databases: the contract of all engines, and the behaviour of single ones.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod contract;
mod mysql;
mod postgres;
mod support;
