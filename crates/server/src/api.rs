//! The HTTP API: signed requests of backends, and pages for load balancers and people.

mod body;
mod channel_events;
mod channels;
mod connections;
mod error;
mod event_input;
mod events;
mod info;
mod pages;
mod path;
mod scripts;
mod signed;
mod user_path;
mod users;

pub(crate) use body::RequestBody;
pub(crate) use channel_events::channel_events;
pub(crate) use channels::{channel, channel_users, channels};
pub(crate) use connections::connections;
pub(crate) use error::{ApiError, Reason, UNDERSTOOD_CODINGS, retry_seconds};
pub(crate) use event_input::{EventBody, parse_body};
pub(crate) use events::{batch_events, events, publish};
pub(crate) use pages::{challenge, health, home, method_not_allowed, no_method, not_found, ready, up};
pub(crate) use scripts::{recover_module, recover_script};
pub(crate) use signed::SignedRequest;
pub(crate) use users::terminate_connections;
