//! The HTTP API: what backends call, every request signed by its app, and what load balancers and people ask.

mod channels;
mod error;
mod event_input;
mod events;
mod info;
mod pages;
mod signed;
mod users;

pub(crate) use channels::{channel, channel_users, channels};
pub(crate) use error::{ApiError, Reason};
pub(crate) use events::{batch_events, events};
pub(crate) use pages::{health, home, method_not_allowed, no_method, not_found, ready, up};
pub(crate) use signed::read_body;
pub(crate) use users::terminate_connections;
