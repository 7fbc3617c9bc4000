//! Webhooks: HTTP requests that tell an app's backend of events in its channels, in the form of hosted Pusher.
//! Source of the form: Pusher's documentation, `docs/channels/server_api/webhooks.md`.

mod body;
mod delivery;
mod event;
mod sample;
mod send;
mod settings;

pub use self::{
    body::write_body,
    delivery::{Answer, Delivery, Outcome},
    event::WebhookEvent,
    sample::sample,
    send::{SendFailure, Sender, Step},
    settings::WebhookSettings,
};
