//! `/admin/api/apps/{id}/channels/{channel}`

use std::sync::Arc;

use axum::{Json, extract::State};
use clairon_protocol::{ChannelKind, ChannelName, EventData, Member, SocketId, UserInfo};
use clairon_server::{
    event_frame,
    node::Node,
    peer_text::{hide_secrets, start_of},
    peers::Remembered,
};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::{
    channels::Kind,
    listing::{first, known_app, shown},
    path::ChannelPath,
    problem::Problem,
    query::{Nothing, Query},
    scope::Scope,
};

/// The largest number of members, and of subscribers, in an answer.
const LISTED: usize = 1_000;
/// The data of a remembered event is shown up to this many characters.
const SHOWN_DATA: usize = 65_536;

/// A channel.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChannelView {
    /// The nodes whose subscriptions and members are counted.
    scope: Scope,
    /// The name.
    name: String,
    /// The kind, by the prefix of the name.
    kind: Kind,
    /// True if it has subscribers.
    occupied: bool,
    /// The number of subscribed connections.
    subscriptions: usize,
    /// The members of a presence channel, at most 1,000.
    users: Vec<UserView>,
    /// The number of members.
    users_total: usize,
    /// The event that a cache channel remembers.
    #[schema(required)]
    cached_event: Option<CachedEventView>,
    /// The subscribed connections.
    subscribers: Subscribers,
}

/// A member of a presence channel.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserView {
    /// The user's id.
    user_id: String,
    /// What the app's backend says of the user: any JSON.
    #[schema(required, value_type = Option<serde_json::Value>)]
    user_info: Option<Box<RawValue>>,
}

/// The event that a cache channel remembers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CachedEventView {
    /// The name of the event; `null` if it cannot be read.
    #[schema(required)]
    event: Option<String>,
    /// The data, as text.
    data: String,
    /// True if the data is longer than shown.
    data_cut: bool,
    /// The time until it is forgotten, in milliseconds.
    expires_in_milliseconds: u64,
}

/// The subscribed connections of one node or all.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Subscribers {
    /// The nodes whose connections are listed.
    scope: Scope,
    /// The number of these connections.
    total: usize,
    /// Their socket ids, at most 1,000.
    #[schema(value_type = Vec<String>)]
    socket_ids: Vec<SocketId>,
}

/// Show a channel
///
/// It may have no subscribers. Escape the name for a path: `#server-to-user-7` is `%23server-to-user-7`.
#[utoipa::path(
    get, path = "/apps/{id}/channels/{channel}", operation_id = "showChannel", tag = "channels",
    params(
        ("id" = String, Path, description = "The id of the app."),
        ("channel" = String, Path, description = "The name of the channel."),
    ),
    responses(
        (status = 200, description = "The channel.", body = ChannelView),
        (status = 404, description = "No such app, or it cannot have a channel of this name."),
    ),
)]
pub(crate) async fn show(
    State(node): State<Arc<Node>>,
    ChannelPath(id, name): ChannelPath,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Json<ChannelView>, Problem> {
    let app = known_app(&node, &id)?;
    let name = ChannelName::parse(&name, &app.limits).map_err(|invalid| Problem::no_channel(&invalid))?;
    let hub = node.hub.app(&id);
    let here = match name.user_id() {
        Some(user_id) => hub.connections_of(user_id),
        None => hub.channel(&name).map(|channel| channel.subscribers()).unwrap_or_default(),
    };
    let summary = node.peers.summaries(&id, std::slice::from_ref(&name)).await?.into_iter().next();
    let (subscriptions, users_total) =
        summary.map_or((0, 0), |summary| (summary.subscription_count, summary.user_count));
    // The ledger counts the connections of a user, not their subscriptions.
    let subscriptions = subscriptions.max(here.len());
    let members = if name.kind() == ChannelKind::Presence {
        node.peers.member_details(&id, &name, LISTED).await?
    } else {
        Vec::new()
    };
    let remembered = if name.is_cache() { node.peers.remembered(&id, &name).await? } else { None };
    let total = here.len();
    Ok(Json(ChannelView {
        scope: Scope::ALL,
        name: shown(&node, name.as_str()),
        kind: name.kind().into(),
        occupied: subscriptions > 0,
        subscriptions,
        users: members.iter().map(|member| UserView::new(&node, member)).collect(),
        users_total,
        cached_event: remembered.map(|event| CachedEventView::new(&node, &event)),
        subscribers: Subscribers { scope: Scope::here(&node), total, socket_ids: first(here, LISTED).0 },
    }))
}

impl UserView {
    fn new(node: &Node, member: &Member) -> Self {
        let user_info = member.user_info.as_ref().map(UserInfo::json).map(|info| {
            // What remains of a text with a secret may be no JSON, so it becomes a string.
            match hide_secrets(&node.apps, &info, info.len()) {
                text if text == info => RawValue::from_string(info.clone()),
                hidden => serde_json::value::to_raw_value(&*hidden),
            }
        });
        Self { user_id: shown(node, member.user_id.as_str()), user_info: user_info.and_then(Result::ok) }
    }
}

impl CachedEventView {
    fn new(node: &Node, event: &Remembered) -> Self {
        let data = serde_json::from_str::<Box<RawValue>>(&event.data);
        let data = data.map(|data| EventData::new(&data).text()).unwrap_or_default();
        Self {
            event: event_frame::published(&event.frame).map(|event| shown(node, &event.event)),
            data_cut: start_of(&data, SHOWN_DATA).len() < data.len(),
            data: node.apps.hide_secrets(&data, SHOWN_DATA).into_owned(),
            expires_in_milliseconds: event.ttl,
        }
    }
}
