//! `POST /apps/{id}/events` and `POST /apps/{id}/batch_events`: trigger events.

use std::sync::Arc;

use axum::{Json, extract::State};
use clairon_hub::ChannelSummary;
use clairon_protocol::ChannelName;
use clairon_registry::App;
use serde_json::{Map, Value, json};
use tracing::{debug, warn};

use super::{
    ApiError,
    event_input::{BatchBody, EventBody, parse_body},
    info::Info,
    signed::SignedRequest,
};
use crate::{node::Node, peers::OutgoingEvent};

/// One event for up to `channels_per_event` channels.
pub(crate) async fn events(State(node): State<Arc<Node>>, request: SignedRequest) -> Result<Json<Value>, ApiError> {
    let query = request.query();
    let body = if request.body.is_empty() { EventBody::default() } else { parse_body(&request.body)? };
    let (message, info) = body.or_query(&query)?.validate(&request.app.limits)?;
    publish(&node, &request.app, std::slice::from_ref(&message)).await?;
    let Some(info) = info else { return Ok(Json(json!({}))) };
    let summaries = summaries(&node, &request.app, &message.channels).await;
    let counts = |summary: &ChannelSummary| (summary.name.to_string(), info.counts(summary).into());
    Ok(Json(json!({ "channels": summaries.iter().map(counts).collect::<Map<String, Value>>() })))
}

/// Several events, each for one channel. Either all are valid and published, or none is published.
pub(crate) async fn batch_events(
    State(node): State<Arc<Node>>,
    request: SignedRequest,
) -> Result<Json<Value>, ApiError> {
    let BatchBody { batch } = parse_body(&request.body)?;
    let (count, limits) = (batch.len(), &request.app.limits);
    if count > limits.events_per_batch as usize {
        let message = format!("Batch too large: {count} events, the limit is {}", limits.events_per_batch);
        return Err(ApiError::bad_request(message));
    }
    let checked: Result<Vec<_>, _> = batch.into_iter().map(|event| event.validate(limits)).collect();
    let (messages, infos): (Vec<OutgoingEvent<'_>>, Vec<Option<Info>>) = checked?.into_iter().unzip();
    publish(&node, &request.app, &messages).await?;
    if !infos.iter().any(Option::is_some) {
        return Ok(Json(json!({})));
    }
    let names: Vec<ChannelName> = messages.iter().filter_map(|message| message.channels.first().cloned()).collect();
    let summaries = summaries(&node, &request.app, &names).await;
    let counts = |(message, info): (&OutgoingEvent<'_>, &Option<Info>)| {
        let name = message.channels.first();
        let summary = summaries.iter().find(|summary| Some(&summary.name) == name);
        info.zip(summary).map(|(info, summary)| info.counts(summary)).unwrap_or_default().into()
    };
    Ok(Json(json!({ "batch": messages.iter().zip(&infos).map(counts).collect::<Vec<Value>>() })))
}

/// Publishes checked events of an app, within its rates.
///
/// # Errors
/// When there are too many, or the other nodes cannot be reached.
pub async fn publish(node: &Node, app: &App, messages: &[OutgoingEvent<'_>]) -> Result<(), ApiError> {
    for message in messages {
        let (name, bytes) = (node.shown(&message.event), message.data.bytes());
        debug!(app = %app.id, event = %name, channels = message.channels.len(), bytes, "event");
    }
    let hub = node.hub.app(&app.id);
    let channels = messages.iter().flat_map(|message| message.channels.iter());
    node.peers.check_room(&hub, channels, app.limits.max_channels())?;
    node.rates.take_events(app, messages.len())?;
    node.peers.publish(app, messages.iter()).await?;
    hub.traffic().add_triggered(messages.len());
    for message in messages {
        node.observe_event(app, message);
    }
    Ok(())
}

/// The present state of the channels. An error only omits the state: the events are published already, and an error
/// answer would make the backend publish them again.
async fn summaries(node: &Node, app: &App, names: &[ChannelName]) -> Vec<ChannelSummary> {
    let summaries = node.peers.summaries(&app.id, names).await;
    summaries.inspect_err(|error| warn!(app = %app.id, %error, "the info of an event is omitted")).unwrap_or_default()
}
