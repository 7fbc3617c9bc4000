//! The description of a connection.

use clairon_hub::Session;
use clairon_protocol::SocketId;
use clairon_server::{PeerAddress, node::Node, socket::ConnectionState};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::listing::shown;

/// A connection of this node.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectionView {
    /// The socket id.
    #[schema(value_type = String)]
    socket_id: SocketId,
    /// The address of the client; `unix` for a connection over a Unix socket.
    peer: String,
    /// The time of its start, to about a second.
    connected_at: Timestamp,
    /// The user that it is signed in as, or else the member that it is on a presence channel.
    #[schema(required)]
    user_id: Option<String>,
    /// True if it is signed in as this user.
    signed_in: bool,
    /// What the client says of its library, such as `js 8.4.0` for pusher-js; `null` if it says nothing, or does not
    /// answer now.
    #[schema(required)]
    library: Option<String>,
    /// The number of its channels; `null` if it does not answer now.
    #[schema(required)]
    channels: Option<usize>,
    /// The bytes that wait to be written to it.
    queued_bytes: usize,
    /// The frames that wait to be written to it. Up to 64 that are being written are not counted.
    queued_frames: usize,
    /// The time in which it has not taken any of the bytes that are being written, in milliseconds.
    blocked_milliseconds: u64,
}

impl ConnectionView {
    /// Describes a connection. `state` is what its task has answered.
    pub(crate) fn new(node: &Node, session: &Session, state: Option<&ConnectionState>) -> Self {
        let (now, backlog) = (node.clock.now(), session.outbox().backlog());
        let signed_in = state.and_then(|state| state.user_id.as_deref());
        let user = signed_in.or_else(|| state?.first_member());
        let age = SignedDuration::from_millis(i64::try_from(session.age(now)).unwrap_or_default());
        Self {
            socket_id: session.id(),
            peer: PeerAddress::from(session.address()).to_string(),
            connected_at: Timestamp::now() - age,
            user_id: user.map(|user| shown(node, user)),
            signed_in: signed_in.is_some(),
            library: state.and_then(|state| state.library.as_deref()).map(|library| shown(node, library)),
            channels: state.map(|state| state.channels.len()),
            queued_bytes: backlog.bytes,
            queued_frames: backlog.frames,
            blocked_milliseconds: session.blockage(now),
        }
    }
}
