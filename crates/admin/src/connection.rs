//! `/admin/api/apps/{id}/connections/{socket_id}`

use std::sync::Arc;

use axum::{Json, extract::State};
use clairon_hub::Session;
use clairon_protocol::{AppId, Disconnect, SocketId};
use clairon_server::{
    live_feed::{Activity, DataLimit, Filter},
    node::Node,
    socket::ConnectionState,
};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    change_log::{AdminChange, Author},
    connection_view::ConnectionView,
    listing::{known_app, look_through, shown},
    path::ConnectionPath,
    problem::Problem,
    query::{Nothing, Query},
    recorder_view::{RecorderView, shown_all},
    scope::Scope,
};

/// The largest number of channels in an answer.
const LISTED: usize = 1_000;

/// A connection with its channels.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectionDetails {
    /// The nodes that were asked.
    scope: Scope,
    #[serde(flatten)]
    connection: ConnectionView,
    /// The names of its channels in their order, at most 1,000.
    channel_names: Vec<String>,
    /// The channels of these whose subscription waits for the other nodes.
    waiting_for: Vec<String>,
    /// The presence channels of these, with the member that it is there.
    presence_of: Vec<Membership>,
    #[serde(flatten)]
    story: Story,
}

/// A connection that has ended.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EndedConnection {
    /// The nodes that were asked.
    scope: Scope,
    /// The socket id.
    #[schema(value_type = String)]
    socket_id: SocketId,
    #[serde(flatten)]
    story: Story,
}

/// What is recorded of a connection.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Story {
    /// True if it is open on this node.
    connected: bool,
    /// What the flight recorder has of it, the oldest first: at most the latest 1,000 activities.
    #[serde(rename = "story")]
    activities: Vec<Activity>,
    /// The state of the recorder.
    recorder: RecorderView,
}

/// A connection, open or ended.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum FoundConnection {
    /// It is open.
    Open(Box<ConnectionDetails>),
    /// It has ended, and is recorded.
    Ended(EndedConnection),
}

/// A connection's membership of a presence channel.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Membership {
    /// The name of the channel.
    channel: String,
    /// The member's id.
    user_id: String,
}

/// The way in which a connection is closed.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Ending {
    /// `true`: the client connects again at once (code 4200). Otherwise it does not (4009).
    #[serde(default)]
    #[param(required = false)]
    reconnect: bool,
}

/// Show a connection
///
/// Only connections of the node that answers are found. One that has ended is found while the flight recorder has it.
#[utoipa::path(
    get, path = "/apps/{id}/connections/{socket_id}", operation_id = "showConnection", tag = "connections",
    params(
        ("id" = String, Path, description = "The id of the app."),
        ("socket_id" = String, Path, description = "The socket id of the connection."),
    ),
    responses(
        (status = 200, description = "The connection.", body = FoundConnection),
        (status = 404, description = "No such app, or it has no such connection on this node."),
    ),
)]
pub(crate) async fn show(
    State(node): State<Arc<Node>>,
    ConnectionPath(id, socket_id): ConnectionPath,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Json<FoundConnection>, Problem> {
    let session = find(&node, &id, socket_id);
    let story = story(&node, &id, socket_id, session.is_ok()).await?;
    let session = match session {
        Ok(session) => session,
        Err(problem) if story.activities.is_empty() => return Err(problem),
        Err(_) => {
            let ended = EndedConnection { scope: Scope::here(&node), socket_id, story };
            return Ok(Json(FoundConnection::Ended(ended)));
        }
    };
    let states = node.inspections.inspect(&node.hub.app(&id), &[socket_id]).await;
    let state = states.get(&socket_id);
    let mut details = ConnectionDetails {
        scope: Scope::here(&node),
        connection: ConnectionView::new(&node, &session, state),
        channel_names: Vec::new(),
        waiting_for: Vec::new(),
        presence_of: Vec::new(),
        story,
    };
    if let Some(state) = state {
        details.add_channels(&node, state);
    }
    Ok(Json(FoundConnection::Open(Box::new(details))))
}

/// Close a connection
///
/// The client gets the reason, after what waits for it.
#[utoipa::path(
    delete, path = "/apps/{id}/connections/{socket_id}", operation_id = "closeConnection", tag = "connections",
    params(
        ("id" = String, Path, description = "The id of the app."),
        ("socket_id" = String, Path, description = "The socket id of the connection."),
        Ending,
    ),
    responses(
        (status = 204, description = "It is being closed."),
        (status = 404, description = "No such app, or it has no such connection on this node."),
    ),
)]
pub(crate) async fn close(
    State(node): State<Arc<Node>>,
    ConnectionPath(id, socket_id): ConnectionPath,
    Query(ending): Query<Ending>,
    author: Author,
) -> Result<StatusCode, Problem> {
    let session = find(&node, &id, socket_id)?;
    session.close(if ending.reconnect { Disconnect::ReconnectForOperator } else { Disconnect::ByOperator });
    author.log(&id, AdminChange::ConnectionClosed(socket_id));
    Ok(StatusCode::NO_CONTENT)
}

/// What is recorded of a connection of an app.
async fn story(node: &Arc<Node>, app: &AppId, socket_id: SocketId, connected: bool) -> Result<Story, Problem> {
    let app_name = Some(app.as_str().to_owned());
    let filter = Filter { app: app_name, socket_id: Some(socket_id), events: true, ..Filter::default() };
    let live = node.live.clone();
    let mut recorded = look_through(move || live.recorded(&filter, u64::MAX, LISTED)).await?;
    recorded.reverse();
    let activities = shown_all(node, &recorded, DataLimit::default());
    Ok(Story { connected, activities, recorder: RecorderView::of(node, app) })
}

/// The open connection of the app with this socket id, on this node.
///
/// # Errors
/// When this node has none. If the connection belongs to another app of this node, the problem names that app.
pub(crate) fn find(node: &Node, id: &AppId, socket_id: SocketId) -> Result<Arc<Session>, Problem> {
    known_app(node, id)?;
    node.hub.app(id).session(socket_id).ok_or_else(|| {
        let detail = match app_of(node, socket_id) {
            Some(other) => format!("The connection {socket_id} is one of the app {other}"),
            None => {
                format!("The app has no connection {socket_id} among the open ones{}", Scope::here(node).words())
            }
        };
        Problem::new(StatusCode::NOT_FOUND, detail)
    })
}

/// The app of a connection of this node.
pub(crate) fn app_of(node: &Node, socket_id: SocketId) -> Option<AppId> {
    node.hub.apps().into_iter().find(|(_, hub)| hub.session(socket_id).is_some()).map(|(id, _)| id)
}

impl ConnectionDetails {
    fn add_channels(&mut self, node: &Node, state: &ConnectionState) {
        let mut seats: Vec<_> = state.channels.iter().collect();
        seats.sort_unstable_by(|one, other| one.channel.cmp(&other.channel));
        for seat in seats.into_iter().take(LISTED) {
            let channel = shown(node, seat.channel.as_str());
            if !seat.is_subscribed {
                self.waiting_for.push(channel.clone());
            }
            if let Some(user_id) = &seat.user_id {
                let user_id = shown(node, user_id.as_str());
                self.presence_of.push(Membership { channel: channel.clone(), user_id });
            }
            self.channel_names.push(channel);
        }
    }
}
