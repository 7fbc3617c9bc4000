//! What is asked of an activity.

use clairon_protocol::{AppId, Disconnect, SocketId};
use jiff::Timestamp;

use super::{Activity, ActivityKind, Text};

impl Activity {
    /// The number; 0 before it is sent to the live feed.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id.unwrap_or_default()
    }

    /// The time.
    #[must_use]
    pub const fn time(&self) -> Timestamp {
        self.time
    }

    /// The kind.
    #[must_use]
    pub const fn kind(&self) -> ActivityKind {
        self.kind
    }

    /// The app's id.
    #[must_use]
    pub fn app_id(&self) -> Option<&str> {
        self.app.as_ref().map(AppId::as_str)
    }

    /// The socket id of the connection.
    #[must_use]
    pub const fn socket_id(&self) -> Option<SocketId> {
        self.socket
    }

    /// The channel.
    #[must_use]
    pub fn channel_name(&self) -> Option<&str> {
        self.channel.as_ref().map(Text::as_str)
    }

    /// The name of the event.
    #[must_use]
    pub fn event_name(&self) -> Option<&str> {
        self.event.as_ref().map(Text::as_str)
    }

    /// The user.
    #[must_use]
    pub fn user_id(&self) -> Option<&str> {
        self.user.as_ref().map(Text::as_str)
    }

    /// The connection that does not get the event.
    #[must_use]
    pub const fn left_out(&self) -> Option<SocketId> {
        self.except
    }

    /// The length of the data that it has, in bytes.
    #[must_use]
    pub fn data_length(&self) -> usize {
        self.data.as_deref().map_or(0, str::len)
    }

    /// The number of receivers on this node.
    #[must_use]
    pub const fn receiver_count(&self) -> Option<usize> {
        self.receivers
    }

    /// The reason for which the server has closed the connection.
    #[must_use]
    pub const fn end(&self) -> Option<Disconnect> {
        self.ended
    }

    /// The method and the path of a request.
    #[must_use]
    pub fn request_line(&self) -> Option<&str> {
        self.request.as_ref().map(Text::as_str)
    }

    /// The reason.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }
}
