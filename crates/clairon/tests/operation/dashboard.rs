//! The dashboard's files, and its sessions: signing in, roles, and hostile requests.

#![expect(clippy::unwrap_used, reason = "where a preparation fails, the test has failed")]

mod assets;
mod failing_peers;
mod figures;
mod forgery;
mod guessing;
mod long_lists;
mod roles;
mod sessions;
