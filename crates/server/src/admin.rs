//! The admin API: apps over HTTP, for whoever holds the token of the settings.
//!
//! An endpoint is one file here, with a handler that `utoipa::path` describes, and one line in `router`. What all of
//! them share is added to it there: the token, the log, the answers for what is wrong with any request.

mod app_fields;
mod app_input;
mod app_view;
mod apps;
mod body;
mod gate;
mod invalid_field;
mod keys;
mod openapi;
mod path;
mod problem;
mod query;
mod registry;
mod router;
mod statistics;
mod switch;
mod tail;
mod webhook_view;

pub(crate) use router::router;
