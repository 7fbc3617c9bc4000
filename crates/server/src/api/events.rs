//! `POST /apps/{id}/events` and `POST /apps/{id}/batch_events`: a backend triggers.

use std::sync::Arc;

use axum::{Json, extract::State};
use clairon_hub::ChannelSummary;
use clairon_protocol::ChannelName;
use clairon_registry::App;
use serde_json::{Map, Value, json};
use tracing::{debug, warn};

use super::{
    ApiError,
    event_input::{BatchBody, EventBody, NewEvent, parse_body},
    signed::SignedRequest,
};
use crate::{
    cut::Cut,
    node::{Message, Node, Origin},
};

/// One event for up to `channels_per_event` channels.
pub(crate) async fn events(State(node): State<Arc<Node>>, request: SignedRequest) -> Result<Json<Value>, ApiError> {
    let query = request.query();
    let body = if request.body.is_empty() { EventBody::default() } else { parse_body(&request.body)? };
    let event = body.or_query(&query)?.validate(&request.app.limits)?;
    publish(&node, &request.app, std::slice::from_ref(&event)).await?;
    let Some(info) = event.info else { return Ok(Json(json!({}))) };
    let summaries = summaries(&node, &request.app, &event.channels).await;
    let counts = |summary: &ChannelSummary| (summary.name.to_string(), info.counts(summary).into());
    Ok(Json(json!({ "channels": summaries.iter().map(counts).collect::<Map<String, Value>>() })))
}

/// Several events, each for one channel; all are valid, or none is published.
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
    let events: Vec<NewEvent> = batch.into_iter().map(|event| event.validate(limits)).collect::<Result<_, _>>()?;
    publish(&node, &request.app, &events).await?;
    if !events.iter().any(|event| event.info.is_some()) {
        return Ok(Json(json!({})));
    }
    let names: Vec<ChannelName> = events.iter().filter_map(|event| event.channels.first().cloned()).collect();
    let summaries = summaries(&node, &request.app, &names).await;
    let counts = |event: &NewEvent| {
        let name = event.channels.first();
        let summary = summaries.iter().find(|summary| Some(&summary.name) == name);
        event.info.zip(summary).map(|(info, summary)| info.counts(summary)).unwrap_or_default().into()
    };
    Ok(Json(json!({ "batch": events.iter().map(counts).collect::<Vec<Value>>() })))
}

async fn publish<'a>(node: &Node, app: &App, events: &'a [NewEvent]) -> Result<(), ApiError> {
    for event in events {
        let (name, bytes) = (Cut(&event.name), event.data.bytes());
        debug!(app = %app.id, event = %name, channels = event.channels.len(), bytes, "event");
    }
    let message = |event: &'a NewEvent| {
        let NewEvent { name, data, channels, except, .. } = event;
        Message { event: name, data, channels, except: *except, origin: Origin::Backend }
    };
    node.publish(app, events.iter().map(message)).await?;
    node.hub.app(&app.id).traffic().add_triggered(events.len());
    for event in events {
        node.observe_event(app, &message(event));
    }
    Ok(())
}

/// The channels as they are now. What cannot be known is left out: the events are published, and must not be again.
async fn summaries(node: &Node, app: &App, names: &[ChannelName]) -> Vec<ChannelSummary> {
    let summaries = node.summaries(&app.id, names).await;
    summaries.inspect_err(|error| warn!(app = %app.id, %error, "an event's info is left out")).unwrap_or_default()
}
