//! The settings: their sources, their forms, and their problems.
//!
//! There are four layers, each over the previous one: the defaults, a file, the environment, the flags. Each layer
//! becomes a table of texts and values that keep the name under which they were written ([`layers`]). Then every value
//! is parsed ([`settings`]), and each problem becomes one line ([`problem`]).

mod app;
mod app_changes;
mod bounded_file;
mod cluster;
mod dashboard;
mod database_url;
mod edge;
mod env_file;
mod environment;
mod fields;
mod file;
mod layers;
mod listen;
mod log;
mod other_variables;
mod problem;
mod remarks;
mod server;
mod settings;
#[cfg(test)]
mod tests;
mod tls;
mod values;
mod webhook_settings;
mod webhooks;

pub(crate) use app_changes::{AppChanges, app_flag};
pub(crate) use layers::Sources;
pub(crate) use listen::{Listen, ListenPlace, UnixPlace};
pub(crate) use other_variables::Adopted;
pub(crate) use problem::Problems;
pub(crate) use settings::{Database, Settings};
pub(crate) use values::SettingValues;

/// Every setting with its default and its comment.
pub(crate) const DEFAULTS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/clairon.toml"));
