//! Parses and validates events of backends.

use std::{borrow::Cow, collections::HashSet};

use clairon_protocol::{ChannelName, EventData, Limits, SocketId, auth::RequestQuery, is_socket_id};
use http::StatusCode;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use super::{ApiError, info::Info};
use crate::peers::{EventOrigin, OutgoingEvent};

/// A body with one event. Parameters may also be in the query.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct EventBody {
    name: Option<String>,
    data: Option<Box<RawValue>>,
    channels: Option<Vec<String>>,
    channel: Option<String>,
    socket_id: Option<String>,
    info: Option<String>,
}

/// A body with several events.
#[derive(Deserialize)]
pub(super) struct BatchBody {
    pub(super) batch: Vec<EventBody>,
}

/// Parses a JSON object.
///
/// # Errors
/// When it is none, or has another form.
pub fn parse_body<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    let problem = if body.trim_ascii_start().starts_with(b"{") {
        match serde_json::from_slice(body) {
            Ok(value) => return Ok(value),
            // serde quotes unexpected input, which may be long.
            Err(error) => error.to_string().chars().take(200).collect(),
        }
    } else {
        "not a JSON object".to_owned()
    };
    Err(ApiError::bad_request(format!("The body ({} bytes) is not JSON of the required form: {problem}", body.len())))
}

impl EventBody {
    /// An event with all its parts.
    #[must_use]
    pub fn new(name: String, data: Box<RawValue>, channels: Vec<String>, socket_id: Option<String>) -> Self {
        Self { name: Some(name), data: Some(data), channels: Some(channels), socket_id, ..Self::default() }
    }

    /// Takes missing parameters from the query.
    pub(super) fn or_query(mut self, query: &RequestQuery<'_>) -> Result<Self, ApiError> {
        let get = |name| query.get(name).map(std::borrow::Cow::into_owned);
        self.name = self.name.or_else(|| get("name"));
        self.channel = self.channel.or_else(|| get("channel"));
        self.socket_id = self.socket_id.or_else(|| get("socket_id"));
        self.info = self.info.or_else(|| get("info"));
        if self.channels.is_none() {
            let channels: Vec<String> = query.all("channels").map(std::borrow::Cow::into_owned).collect();
            self.channels = (!channels.is_empty()).then_some(channels);
        }
        if self.data.is_none()
            && let Some(data) = get("data")
        {
            let quoted = serde_json::to_string(&data).and_then(RawValue::from_string);
            self.data = Some(quoted.map_err(|error| ApiError::bad_request(error.to_string()))?);
        }
        Ok(self)
    }

    /// Checks everything against the app's limits, and returns the event.
    ///
    /// # Errors
    /// When a part is missing, or exceeds a limit.
    pub fn into_event(self, limits: &Limits) -> Result<OutgoingEvent<'static>, ApiError> {
        Ok(self.validate(limits)?.0)
    }

    /// Checks everything against the app's limits. Returns the event and the requested attributes.
    pub(super) fn validate(self, limits: &Limits) -> Result<(OutgoingEvent<'static>, Option<Info>), ApiError> {
        let name = self.name.filter(|name| !name.is_empty()).ok_or_else(|| missing("name"))?;
        let (size, limit) = (name.chars().count(), limits.event_name_chars);
        check_size("event name", size, limit, "characters", StatusCode::BAD_REQUEST)?;
        let data = EventData::new(self.data.as_deref().ok_or_else(|| missing("data"))?);
        let (size, limit) = (data.bytes(), limits.event_data_bytes);
        check_size("data content of this event", size, limit, "bytes", StatusCode::PAYLOAD_TOO_LARGE)?;
        let mut names = self.channels.unwrap_or_default();
        names.extend(self.channel);
        let message = OutgoingEvent {
            event: name.into(),
            data: Cow::Owned(data),
            channels: parse_channels(&names, limits)?.into(),
            except: parse_socket_id(self.socket_id.as_deref())?,
            origin: EventOrigin::Backend,
        };
        Ok((message, Info::parse(self.info.as_deref())))
    }
}

fn parse_channels(names: &[String], limits: &Limits) -> Result<Vec<ChannelName>, ApiError> {
    let (count, limit) = (names.len(), limits.channels_per_event as usize);
    if count == 0 {
        return Err(missing("channels"));
    }
    if count > limit {
        return Err(ApiError::bad_request(format!("The event is for {count} channels, the limit is {limit}")));
    }
    let mut seen = HashSet::with_capacity(count);
    let distinct = names.iter().filter(|name| seen.insert(name.as_str()));
    distinct.map(|name| Ok(ChannelName::parse(name, limits)?)).collect()
}

/// Parses a socket id. One that no connection here has is valid: it excludes no subscriber.
fn parse_socket_id(text: Option<&str>) -> Result<Option<SocketId>, ApiError> {
    match text {
        Some(text) if !is_socket_id(text) => {
            let message = format!("Invalid socket_id ({} bytes): two numbers joined by a dot are allowed", text.len());
            Err(ApiError::bad_request(message))
        }
        text => Ok(text.and_then(|text| text.parse().ok())),
    }
}

fn missing(field: &str) -> ApiError {
    ApiError::bad_request(format!("Missing parameter: {field}"))
}

fn check_size(what: &str, size: usize, limit: u32, unit: &str, status: StatusCode) -> Result<(), ApiError> {
    if size <= limit as usize {
        return Ok(());
    }
    Err(ApiError::new(status, format!("The {what} exceeds the allowed maximum ({limit} {unit}): it has {size} {unit}")))
}
