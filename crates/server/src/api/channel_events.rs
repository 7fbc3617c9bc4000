//! The log of a channel, for a backend.

use std::{str, sync::Arc};

use axum::{Json, extract::State};
use clairon_hub::LogPage;
use clairon_protocol::{ChannelName, auth::RequestQuery};
use clairon_websocket::frame;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{ApiError, path::ChannelPath, signed::SignedRequest};
use crate::node::Node;

/// The number of events in an answer, unless the request names another.
const USUAL_LIMIT: u64 = 100;
/// The largest number of events in an answer.
const MAX_LIMIT: u64 = 1_000;

/// A part of a log.
#[derive(Serialize)]
pub(crate) struct Page {
    epoch: String,
    /// The number of the last event of the log.
    seq: u64,
    events: Vec<LoggedEvent>,
}

/// An event of a log.
#[derive(Serialize, Deserialize)]
struct LoggedEvent {
    seq: u64,
    #[serde(rename(deserialize = "event"))]
    name: Box<RawValue>,
    /// The data as subscribers got it.
    data: Box<RawValue>,
}

/// `GET /apps/{id}/channels/{name}/events`: the events of a channel's log after the number `since`. It is not part of
/// hosted Pusher's API.
pub(crate) async fn channel_events(
    State(node): State<Arc<Node>>,
    ChannelPath(name): ChannelPath,
    request: SignedRequest,
) -> Result<Json<Page>, ApiError> {
    let name = ChannelName::parse(&name, &request.app.limits)?;
    let query = request.query();
    let since = number(&query, "since", 0, u64::MAX - 1)?.ok_or_else(|| ApiError::bad_request(NO_SINCE))?;
    let limit = number(&query, "limit", 1, MAX_LIMIT)?.unwrap_or(USUAL_LIMIT);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let page = node.peers.log_page(&request.app.id, &name, since, limit).await?;
    let LogPage { epoch, head, events } = page.ok_or_else(|| ApiError::new(StatusCode::NOT_FOUND, NO_LOG))?;
    let events = events.map_err(|oldest| {
        let message = format!("The events after {since} have left the log: its oldest has the number {oldest}");
        ApiError::new(StatusCode::GONE, message).with_oldest(oldest)
    })?;
    let event = |frame: &[u8]| serde_json::from_str(str::from_utf8(frame).ok()?).ok();
    let events = events.iter().filter_map(|(_, bytes)| event(frame::payload(bytes))).collect();
    Ok(Json(Page { epoch: epoch.to_string(), seq: head, events }))
}

const NO_SINCE: &str = "Missing parameter: since (the number of the last event that is known; 0 for none)";
const NO_LOG: &str = "The channel has no log. A channel has one if its app has the switch recovery, once a client has \
                      asked for recovery";

/// A number in the query.
fn number(query: &RequestQuery<'_>, name: &str, min: u64, max: u64) -> Result<Option<u64>, ApiError> {
    let Some(text) = query.get(name) else { return Ok(None) };
    match text.parse() {
        Ok(number) if (min..=max).contains(&number) => Ok(Some(number)),
        _ => {
            let size = text.len();
            Err(ApiError::bad_request(format!("{name} ({size} bytes) is not a whole number from {min} to {max}")))
        }
    }
}
