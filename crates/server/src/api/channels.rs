//! What a backend may ask of its channels.

use std::sync::Arc;

use axum::{Json, extract::State};
use clairon_protocol::{ChannelKind, ChannelName};
use serde_json::{Map, Value, json};

use super::{
    ApiError,
    info::{Info, summary},
    signed::SignedRequest,
};
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
    let summaries = node.hub.app(&request.app.id).channels(&prefix);
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
    let summary = summary(&node, &request.app, &name);
    let mut attributes = info.counts(&summary);
    attributes.insert("occupied".to_owned(), json!(summary.subscription_count > 0));
    if info.cache {
        let now = node.clock.now();
        let cached = node.hub.app(&request.app.id).channel(&name).and_then(|channel| channel.cached(now));
        let cache =
            cached.map(|cached| json!({ "data": cached.data, "ttl": (cached.expires_at - now).div_ceil(1_000) }));
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
    let members = node.hub.app(&request.app.id).channel(&name).map(|channel| channel.user_ids()).unwrap_or_default();
    let users: Vec<Value> = members.iter().map(|id| json!({ "id": id.as_str() })).collect();
    Ok(Json(json!({ "users": users })))
}
