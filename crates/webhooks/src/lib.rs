//! Webhooks: HTTP requests to an app's backend about events in its channels, in the form of hosted Pusher.
//! Source of the form: Pusher's documentation, `docs/channels/server_api/webhooks.md`.

mod announce;
mod announcer;
mod body;
mod deliver;
mod delivery;
mod event;
mod fence;
mod figures;
mod sample;
mod send;
mod settings;

pub use self::{
    announce::{ActualState, Cause, HandoffFigures, Occupied, differences},
    announcer::{Announcer, OnAttempt},
    body::write_body,
    deliver::EndpointFigures,
    delivery::{Answer, Delivery, Outcome},
    event::WebhookEvent,
    fence::Fence,
    figures::AnnouncerFigures,
    sample::sample,
    send::{SendFailure, Sender, Step},
    settings::WebhookSettings,
};
