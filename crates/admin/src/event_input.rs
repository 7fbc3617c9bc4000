//! The bodies of requests that send events.

use std::{borrow::Cow, sync::Arc};

use axum::extract::Request;
use clairon_protocol::{ChannelName, EventData, Limits};
use clairon_registry::App;
use clairon_server::{
    api::{EventBody, RequestBody, parse_body},
    peers::OutgoingEvent,
};
use http::StatusCode;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::{body::is_json, problem::Problem};

/// An event for channels.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewEvent {
    /// The name of the event.
    #[schema(min_length = 1)]
    name: String,
    /// The channels, each once.
    #[schema(min_items = 1)]
    channels: Vec<String>,
    /// The data: a text, or any other JSON, which is sent as its text.
    #[schema(value_type = serde_json::Value)]
    data: Box<RawValue>,
    /// The connection that does not get the event.
    #[schema(nullable = false, pattern = r"^\d+\.\d+$")]
    socket_id: Option<String>,
}

/// An event for one connection.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DirectEvent {
    /// The name of the event.
    #[schema(min_length = 1)]
    name: String,
    /// The data: a text, or any other JSON, which is sent as its text.
    #[schema(value_type = serde_json::Value)]
    data: Box<RawValue>,
    /// The channel that the event names. The client passes it to the handlers of that channel, if it is subscribed.
    /// Without a channel the handlers of the connection get it.
    #[schema(nullable = false)]
    channel: Option<String>,
}

/// An event for one connection, within the limits of its app.
pub(crate) struct CheckedDirectEvent {
    pub(crate) name: Cow<'static, str>,
    pub(crate) data: EventData,
    pub(crate) channel: Option<ChannelName>,
}

/// Reads a body of the size that the app's limits allow.
///
/// # Errors
/// When it is too long, or is not a JSON object of the required form.
pub(crate) async fn read<T: DeserializeOwned>(app: &Arc<App>, request: Request) -> Result<T, Problem> {
    let (parts, body) = request.into_parts();
    if !is_json(&parts.headers) {
        return Err(Problem::not_json());
    }
    let body = RequestBody::read(&parts.headers, body, app.limits.event_body_bytes()).await?.into_bytes();
    parse_body(&body).map_err(unprocessable)
}

impl NewEvent {
    /// Checks the event against the app's limits, like an event of the app's backend.
    ///
    /// # Errors
    /// When it exceeds one.
    pub(crate) fn check(self, limits: &Limits) -> Result<OutgoingEvent<'static>, Problem> {
        let Self { name, channels, data, socket_id } = self;
        EventBody::new(name, data, channels, socket_id).into_event(limits).map_err(unprocessable)
    }
}

impl DirectEvent {
    /// Checks the event against the app's limits.
    ///
    /// # Errors
    /// When it exceeds one.
    pub(crate) fn check(self, limits: &Limits) -> Result<CheckedDirectEvent, Problem> {
        let Self { name, data, channel } = self;
        // Every event of a backend has a channel. Which one makes no difference to the other checks.
        let named = channel.clone().unwrap_or_else(|| "none".to_owned());
        let event = EventBody::new(name, data, vec![named], None).into_event(limits).map_err(unprocessable)?;
        let to = channel.and_then(|_| event.channels.first().cloned());
        Ok(CheckedDirectEvent { name: event.event, data: event.data.into_owned(), channel: to })
    }
}

/// The answer of this API for an invalid body; other refusals keep their status.
fn unprocessable(error: clairon_server::api::ApiError) -> Problem {
    if error.status() == StatusCode::BAD_REQUEST { Problem::invalid(error.message()) } else { error.into() }
}
