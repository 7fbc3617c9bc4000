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

pub use body::RequestBody;
pub(crate) use channel_events::channel_events;
pub(crate) use channels::{channel, channel_users, channels};
pub(crate) use connections::connections;
pub use error::{ApiError, Reason, UNDERSTOOD_CODINGS, retry_seconds};
pub use event_input::{EventBody, parse_body};
pub use events::publish;
pub(crate) use events::{batch_events, events};
pub(crate) use pages::{challenge, health, home, method_not_allowed, ready, up};
pub use pages::{no_method, not_found};
pub(crate) use scripts::{recover_module, recover_script};
pub(crate) use signed::SignedRequest;
pub(crate) use users::terminate_connections;
