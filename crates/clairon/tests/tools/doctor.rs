//! `clairon doctor` in Laravel projects with right and wrong configurations, with real servers and proxies.

#![expect(clippy::unwrap_used, reason = "where a preparation fails, the test has failed")]

mod examination;
mod healthy;
mod project;
mod proxies;
mod server;
mod settings;
mod site;
mod tls;
mod usage;
