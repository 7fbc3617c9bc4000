//! `/admin/api/apps/{id}/events` and `/admin/api/apps/{id}/connections/{socket_id}/events`

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::{Request, State},
};
use clairon_hub::ChannelSummary;
use clairon_protocol::{AppId, Event};
use clairon_registry::App;
use clairon_server::{
    api, event_frame,
    live_feed::{Activity, ActivityKind, EventText},
    node::Node,
    peers::OutgoingEvent,
};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    change_log::{AdminChange, Author},
    connection::find,
    event_input::{CheckedDirectEvent, DirectEvent, NewEvent, read},
    listing::{known_app, shown},
    path::{AppPath, ConnectionPath},
    problem::Problem,
    query::{Nothing, Query},
    scope::Scope,
};

/// What has become of an event.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Published {
    /// The nodes whose receivers are counted.
    scope: Scope,
    /// The number of receivers by channel; `null` for the channel of a user, whose receivers are not counted. A
    /// connection of another node that the event leaves out is counted.
    receivers: BTreeMap<String, Option<usize>>,
}

/// What has become of an event for one connection.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sent {
    /// True if the connection is subscribed to the channel, so that its handlers get the event; `null` without a
    /// channel.
    #[schema(required)]
    subscribed: Option<bool>,
}

/// Send an event
///
/// The event is published like one of the app's backend, with the same limits.
#[utoipa::path(
    post, path = "/apps/{id}/events", operation_id = "sendEvent", tag = "channels",
    params(("id" = String, Path, description = "The id of the app.")),
    request_body = NewEvent,
    responses(
        (status = 200, description = "It is published.", body = Published),
        (status = 404, description = "No such app."),
        (status = 409, description = "The app is disabled."),
        (status = 429, description = "More events in a second than the app may publish."),
    ),
)]
pub(crate) async fn publish(
    State(node): State<Arc<Node>>,
    AppPath(id): AppPath,
    Query(Nothing {}): Query<Nothing>,
    author: Author,
    request: Request,
) -> Result<Json<Published>, Problem> {
    let app = enabled_app(&node, &id)?;
    let event = read::<NewEvent>(&app, request).await?.check(&app.limits)?;
    api::publish(&node, &app, std::slice::from_ref(&event)).await?;
    author.log(&id, AdminChange::EventPublished);
    Ok(Json(Published { scope: Scope::ALL, receivers: receivers(&node, &id, &event).await? }))
}

/// The numbers of connections on all nodes that an event is for, by channel.
async fn receivers(
    node: &Node,
    app: &AppId,
    event: &OutgoingEvent<'_>,
) -> Result<BTreeMap<String, Option<usize>>, Problem> {
    let hub = node.hub.app(app);
    let summaries = node.peers.summaries(app, &event.channels).await?;
    let count = |summary: ChannelSummary| {
        let is_left_out =
            || event.except.is_some_and(|id| hub.channel(&summary.name).is_some_and(|channel| channel.contains(id)));
        let count = summary
            .name
            .user_id()
            .is_none()
            .then(|| summary.subscription_count.saturating_sub(usize::from(is_left_out())));
        (shown(node, summary.name.as_str()), count)
    };
    Ok(summaries.into_iter().map(count).collect())
}

/// Send an event to one connection
///
/// Only this connection gets it, whatever channels it is subscribed to.
#[utoipa::path(
    post, path = "/apps/{id}/connections/{socket_id}/events", operation_id = "sendToConnection", tag = "connections",
    params(
        ("id" = String, Path, description = "The id of the app."),
        ("socket_id" = String, Path, description = "The socket id of the connection."),
    ),
    request_body = DirectEvent,
    responses(
        (status = 200, description = "It waits to be written, or is written.", body = Sent),
        (status = 404, description = "No such app, or it has no such connection on this node."),
        (status = 409, description = "The app is disabled."),
    ),
)]
pub(crate) async fn send(
    State(node): State<Arc<Node>>,
    ConnectionPath(id, socket_id): ConnectionPath,
    Query(Nothing {}): Query<Nothing>,
    author: Author,
    request: Request,
) -> Result<Json<Sent>, Problem> {
    let app = enabled_app(&node, &id)?;
    let event = read::<DirectEvent>(&app, request).await?.check(&app.limits)?;
    let session = find(&node, &id, socket_id)?;
    let CheckedDirectEvent { name, data, channel } = &event;
    session.send(event_frame::encode(&match channel {
        Some(channel) => Event::Published { event: name, channel, data, user_id: None },
        None => Event::Direct { event: name, data },
    }));
    node.observe(|| {
        let sent = Activity::new(ActivityKind::DirectEvent).app(&id).socket(socket_id).event(name);
        let sent = sent.data(&EventText::of(&data.text()), 1).receivers(Some(1));
        match channel {
            Some(channel) => sent.channel(channel.as_str()),
            None => sent,
        }
    });
    author.log(&id, AdminChange::EventSent(socket_id));
    let hub = node.hub.app(&id);
    let subscribed = channel.as_ref().map(|name| match name.user_id() {
        Some(user_id) => hub.connections_of(user_id).contains(&socket_id),
        None => hub.channel(name).is_some_and(|channel| channel.contains(socket_id)),
    });
    Ok(Json(Sent { subscribed }))
}

fn enabled_app(node: &Node, id: &AppId) -> Result<Arc<App>, Problem> {
    let app = known_app(node, id)?;
    if app.enabled { Ok(app) } else { Err(Problem::new(StatusCode::CONFLICT, "The app is disabled")) }
}
