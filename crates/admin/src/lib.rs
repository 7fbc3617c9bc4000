//! The admin API: manages apps over HTTP for operators, which have the token in the settings or a session.
//!
//! Each endpoint is a file with a handler that `utoipa::path` describes, and a line in `router`. The router adds what
//! all endpoints share: access, and the answers for invalid requests. Each change leaves a line in the log
//! (`change_log`).

mod activity;
mod activity_filter;
mod app_fields;
mod app_input;
mod app_list;
mod app_view;
mod apps;
mod body;
mod caller;
mod change_log;
mod channel;
mod channels;
mod checks;
mod connection;
mod connection_view;
mod connections;
mod deliveries;
mod diagnosis;
mod event_input;
mod events;
mod gate;
mod history;
mod invalid_field;
mod keys;
mod listing;
#[cfg(test)]
mod messages;
mod openapi;
mod overview;
mod path;
mod problem;
mod query;
mod recorder_view;
mod registry;
mod repeated;
mod replay;
mod router;
mod scope;
mod session;
mod sign_in;
mod statistics;
mod switch;
mod tail;
mod webhook_input;
mod webhook_test;
mod webhook_view;
mod webhooks;
mod why;

pub use router::router;
