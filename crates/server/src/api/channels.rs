//! What a backend may ask of its channels.

use std::sync::Arc;

use axum::{Json, extract::State};
use clairon_protocol::{ChannelKind, ChannelName};
use serde_json::{Map, Value, json};

use super::{ApiError, info::Info, signed::SignedRequest};
use crate::node::Node;

/// `GET /apps/{id}/channels`: those that somebody listens to.
pub(crate) async fn channels(State(node): State<Arc<Node>>, request: SignedRequest) -> Result<Json<Value>, ApiError> {
    let query = request.query();
    let prefix = query.get("filter_by_prefix").unwrap_or_default();
    let info = Info::parse(query.get("info").as_deref()).unwrap_or_default();
    if info.user_count && !prefix.starts_with("presence-") {
        let message = "user_count is for presence channels alone: filter_by_prefix must start with presence-";
        return Err(ApiError::bad_request(message));
    }
    let summaries = node.peers.channels(&request.app.id, &prefix).await?;
    let channels = summaries.iter().map(|summary| (summary.name.to_string(), info.counts(summary).into()));
    Ok(Json(json!({ "channels": channels.collect::<Map<String, Value>>() })))
}

/// `GET /apps/{id}/channels/{name}`: one channel, whether somebody listens or not.
pub(crate) async fn channel(State(node): State<Arc<Node>>, request: SignedRequest) -> Result<Json<Value>, ApiError> {
    let name = ChannelName::parse(&request.item_of("channels"), &request.app.limits)?;
    let info = Info::parse(request.query().get("info").as_deref()).unwrap_or_default();
    if info.user_count && name.kind() != ChannelKind::Presence {
        return Err(ApiError::bad_request("user_count is for presence channels alone"));
    }
    let summaries = node.peers.summaries(&request.app.id, std::slice::from_ref(&name)).await?;
    let mut attributes = summaries.first().map(|summary| info.counts(summary)).unwrap_or_default();
    let is_occupied = summaries.first().is_some_and(|summary| summary.subscription_count > 0);
    attributes.insert("occupied".to_owned(), json!(is_occupied));
    if info.cache {
        let remembered = node.peers.remembered(&request.app.id, &name).await?;
        let cache = remembered.map(|event| json!({ "data": event.data, "ttl": event.ttl.div_ceil(1_000) }));
        attributes.insert("cache".to_owned(), json!(cache));
    }
    Ok(Json(attributes.into()))
}

/// `GET /apps/{id}/channels/{name}/users`: the members of a presence channel.
pub(crate) async fn channel_users(
    State(node): State<Arc<Node>>,
    request: SignedRequest,
) -> Result<Json<Value>, ApiError> {
    let name = ChannelName::parse(&request.item_of("channels"), &request.app.limits)?;
    if name.kind() != ChannelKind::Presence {
        return Err(ApiError::bad_request("Users are kept for presence channels alone"));
    }
    let members = node.peers.members(&request.app.id, &name).await?;
    let users: Vec<Value> = members.iter().map(|id| json!({ "id": id.as_str() })).collect();
    Ok(Json(json!({ "users": users })))
}
