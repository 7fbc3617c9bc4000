//! `POST /apps/{id}/events` and `POST /apps/{id}/batch_events`: a backend triggers.

use std::sync::Arc;

use axum::{Json, extract::State};
use clairon_registry::App;
use serde_json::{Map, Value, json};
use tracing::debug;

use super::{
    ApiError,
    event_input::{BatchBody, EventBody, NewEvent, parse_body},
    info::summary,
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
    publish(&node, &request.app, &event).await?;
    let Some(info) = event.info else { return Ok(Json(json!({}))) };
    let counts = |name| info.counts(&summary(&node, &request.app, name)).into();
    let channels = event.channels.iter().map(|name| (name.to_string(), counts(name)));
    Ok(Json(json!({ "channels": channels.collect::<Map<String, Value>>() })))
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
    for event in &events {
        publish(&node, &request.app, event).await?;
    }
    if !events.iter().any(|event| event.info.is_some()) {
        return Ok(Json(json!({})));
    }
    let counts = |event: &NewEvent| match (event.info, event.channels.first()) {
        (Some(info), Some(name)) => info.counts(&summary(&node, &request.app, name)).into(),
        _ => json!({}),
    };
    Ok(Json(json!({ "batch": events.iter().map(counts).collect::<Vec<_>>() })))
}

async fn publish(node: &Node, app: &App, event: &NewEvent) -> Result<(), ApiError> {
    debug!(app = %app.id, event = %Cut(&event.name), channels = event.channels.len(), bytes = event.data.len(), "event");
    let message = Message {
        event: &event.name,
        data: &event.data,
        channels: &event.channels,
        except: event.except,
        origin: Origin::Backend,
    };
    Ok(node.publish(app, message).await?)
}
