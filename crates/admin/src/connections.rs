//! `/admin/api/apps/{id}/connections`

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use axum::{Json, extract::State};
use clairon_hub::AppHub;
use clairon_protocol::{ChannelKind, ChannelName, SocketId, UserId};
use clairon_server::{PeerAddress, node::Node};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    connection_view::ConnectionView,
    listing::{Search, first, known_app, look_through, page_size},
    path::AppPath,
    problem::Problem,
    query::Query,
    scope::Scope,
};

/// The number of connections that are asked for their state at a time.
const ASKED: usize = 1_000;

/// The parameters of the request: which connections to return.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// Only connections with this text in their socket id, their address, or the id of the user that they are signed in
    /// as. A text with `*` (any text) or `?` (one character) is a pattern for the whole of one of these.
    #[param(required = false, nullable = false, max_length = 200)]
    search: Option<String>,
    /// Only subscribers of this channel.
    #[param(required = false, nullable = false)]
    channel: Option<String>,
    /// Only connections that are signed in as this user, or are this member of a presence channel.
    #[param(required = false, nullable = false)]
    user: Option<String>,
    /// The largest number of connections in the answer; 100 without it.
    #[param(required = false, nullable = false, minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// Only connections with a socket id after this one: the `next` of the page before.
    #[param(required = false, nullable = false, pattern = "^[1-9][0-9]{0,8}\\.[1-9][0-9]{0,8}$")]
    after: Option<String>,
}

/// A page of connections.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectionList {
    /// The nodes whose connections are listed.
    scope: Scope,
    /// The number of connections on all pages.
    total: usize,
    /// The connections, by socket id.
    connections: Vec<ConnectionView>,
    /// The `after` of the next page; `null` on the last one.
    #[schema(required, value_type = Option<String>)]
    next: Option<SocketId>,
}

/// List the connections of an app
///
/// Those of the node that answers. The origin and the browser of a connection are not kept, because that would cost
/// every idle connection memory. The flight recorder has them, if it ran when the connection began.
#[utoipa::path(
    get, path = "/apps/{id}/connections", operation_id = "listConnections", tag = "connections",
    params(("id" = String, Path, description = "The id of the app."), Wanted),
    responses(
        (status = 200, description = "The connections.", body = ConnectionList),
        (status = 404, description = "No such app."),
    ),
)]
pub(crate) async fn list(
    State(node): State<Arc<Node>>,
    AppPath(id): AppPath,
    Query(wanted): Query<Wanted>,
) -> Result<Json<ConnectionList>, Problem> {
    let Wanted { search, channel, user, limit, after } = wanted;
    let (limit, search) = (page_size(limit)?, Search::parse(search.as_deref())?);
    let after: Option<SocketId> = after.as_deref().map(parse_after).transpose()?;
    let app = known_app(&node, &id)?;
    let hub = node.hub.app(&id);
    // A name that no channel can have has no subscribers.
    let named = |name: &str| ChannelName::parse(name, &app.limits).map(|name| subscribers(&hub, &name));
    let of_channel = channel.as_deref().map(|name| named(name).unwrap_or_default());
    let of_user = match user {
        Some(user) => Some(connections_of(&node, &hub, &UserId::from(user.as_str())).await?),
        None => None,
    };
    let reader = node.clone();
    let (total, ids, has_more) = look_through(move || {
        let mut ids = candidates(&reader, &hub, of_channel, of_user, &search);
        let total = ids.len();
        ids.retain(|id| after.is_none_or(|after| *id > after));
        let (ids, has_more) = first(ids, limit);
        (total, ids, has_more)
    })
    .await?;
    let next = ids.last().copied().filter(|_| has_more);
    let hub = node.hub.app(&id);
    let states = node.inspections.inspect(&hub, &ids).await;
    let view = |id: &SocketId| Some(ConnectionView::new(&node, &*hub.session(*id)?, states.get(id)));
    let connections = ids.iter().filter_map(view).collect();
    Ok(Json(ConnectionList { scope: Scope::here(&node), total, connections, next }))
}

fn parse_after(text: &str) -> Result<SocketId, Problem> {
    text.parse().map_err(|_| Problem::invalid(format!("after has {} bytes, allowed is a socket id", text.len())))
}

/// The connections that get the events of a channel.
fn subscribers(hub: &AppHub, name: &ChannelName) -> Vec<SocketId> {
    match name.user_id() {
        Some(user_id) => hub.connections_of(user_id),
        None => hub.channel(name).map(|channel| channel.subscribers()).unwrap_or_default(),
    }
}

/// The connections of this node that are signed in as a user, or are this member of a presence channel.
pub(crate) async fn connections_of(
    node: &Node,
    hub: &Arc<AppHub>,
    user: &UserId,
) -> Result<HashSet<SocketId>, Problem> {
    let mut found: HashSet<SocketId> = hub.connections_of(user.as_str()).into_iter().collect();
    let (reader, wanted) = (hub.clone(), user.clone());
    // A member may be another subscriber of the channel, so those are asked.
    let perhaps: HashSet<SocketId> = look_through(move || {
        let mut channels = reader.present_channels();
        channels.retain(|channel| channel.name().kind() == ChannelKind::Presence && channel.has_member(&wanted));
        channels.iter().flat_map(|channel| channel.subscribers()).collect()
    })
    .await?;
    let perhaps: Vec<SocketId> = perhaps.difference(&found).copied().collect();
    for ids in perhaps.chunks(ASKED) {
        let states = node.inspections.inspect(hub, ids).await;
        let is_user = |seat: &clairon_server::socket::SeatState| seat.user_id.as_ref() == Some(user);
        found.extend(states.iter().filter(|(_, state)| state.channels.iter().any(is_user)).map(|(id, _)| *id));
    }
    Ok(found)
}

/// The connections that satisfy all filters, in no order.
fn candidates(
    node: &Node,
    hub: &AppHub,
    of_channel: Option<Vec<SocketId>>,
    of_user: Option<HashSet<SocketId>>,
    search: &Search,
) -> Vec<SocketId> {
    let mut all = HashMap::new();
    hub.for_each_session(|session| {
        all.insert(session.id(), PeerAddress::from(session.address()));
    });
    let mut ids = of_channel.unwrap_or_else(|| all.keys().copied().collect());
    if let Some(of_user) = of_user {
        ids.retain(|id| of_user.contains(id));
    }
    if !search.is_all() {
        let users: HashMap<SocketId, Arc<str>> = hub.signed_in().into_iter().collect();
        ids.retain(|id| {
            search.finds(&id.to_string())
                || all.get(id).is_some_and(|peer| search.finds(&peer.to_string()))
                || users.get(id).is_some_and(|user| search.finds_shown(node, user))
        });
    }
    ids
}
