//! Queries about channels.

use std::sync::Arc;

use axum::{Json, extract::State};
use clairon_protocol::{AppId, ChannelKind, ChannelName};
use serde::Serialize;
use serde_json::{Map, Value, json, value::RawValue};

use super::{ApiError, info::Info, path::ChannelPath, signed::SignedRequest};
use crate::node::Node;

/// The requested attributes of a channel.
#[derive(Serialize)]
pub(crate) struct Attributes {
    occupied: bool,
    #[serde(flatten)]
    counts: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache: Option<Cache>,
}

/// The remembered event of a cache channel.
#[derive(Serialize)]
#[serde(untagged)]
enum Cache {
    /// The data as subscribers got it, and the remaining time in seconds.
    Event { data: Box<RawValue>, ttl: u64 },
    /// There is none. Written as `null`.
    Nothing,
}

/// `GET /apps/{id}/channels`: the channels with subscribers.
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

/// `GET /apps/{id}/channels/{name}`: one channel, with or without subscribers.
pub(crate) async fn channel(
    State(node): State<Arc<Node>>,
    ChannelPath(name): ChannelPath,
    request: SignedRequest,
) -> Result<Json<Attributes>, ApiError> {
    let name = ChannelName::parse(&name, &request.app.limits)?;
    let info = Info::parse(request.query().get("info").as_deref()).unwrap_or_default();
    if info.user_count && name.kind() != ChannelKind::Presence {
        return Err(ApiError::bad_request("user_count is for presence channels alone"));
    }
    let summaries = node.peers.summaries(&request.app.id, std::slice::from_ref(&name)).await?;
    let counts = summaries.first().map(|summary| info.counts(summary)).unwrap_or_default();
    let occupied = summaries.first().is_some_and(|summary| summary.subscription_count > 0);
    let cache = if info.cache { Some(cache(&node, &request.app.id, &name).await?) } else { None };
    Ok(Json(Attributes { occupied, counts, cache }))
}

async fn cache(node: &Node, app: &AppId, name: &ChannelName) -> Result<Cache, ApiError> {
    let Some(event) = node.peers.remembered(app, name).await? else { return Ok(Cache::Nothing) };
    let data = RawValue::from_string(event.data.as_ref().to_owned());
    Ok(data.map_or(Cache::Nothing, |data| Cache::Event { data, ttl: event.ttl.div_ceil(1_000) }))
}

/// `GET /apps/{id}/channels/{name}/users`: the members of a presence channel.
pub(crate) async fn channel_users(
    State(node): State<Arc<Node>>,
    ChannelPath(name): ChannelPath,
    request: SignedRequest,
) -> Result<Json<Value>, ApiError> {
    let name = ChannelName::parse(&name, &request.app.limits)?;
    if name.kind() != ChannelKind::Presence {
        return Err(ApiError::bad_request("Users are kept for presence channels alone"));
    }
    let members = node.peers.members(&request.app.id, &name).await?;
    let users: Vec<Value> = members.iter().map(|id| json!({ "id": id.as_str() })).collect();
    Ok(Json(json!({ "users": users })))
}
