//! The built binary, run like by a person or a process manager.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails where it stands")]

mod app;
mod app_from_env;
mod app_keys;
mod app_update;
mod app_webhook;
mod bench;
mod config;
mod dashboard;
mod health;
mod import;
mod log;
mod package;
mod place;
mod serve;
mod server;
mod stats;
mod webhook_log;
