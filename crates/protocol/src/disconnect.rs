//! The reasons for which the server closes a connection.

/// A reason to close a connection. Its code tells the client what to do next.
///
/// The codes and messages are Pusher's. 4000 to 4099: do not reconnect. 4100 to 4199: reconnect later. 4200 to 4299:
/// reconnect at once. Code and message are sent both as a `pusher:error` event and in the close frame, because clients
/// of protocol 5 and pysher read only the event, and clients of protocols 6 and 7 only the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Disconnect {
    /// No app has the key in the path.
    #[error("Application does not exist")]
    UnknownApp,
    /// The app is switched off, or was deleted while clients were connected.
    #[error("Application disabled")]
    AppDisabled,
    /// The app's `capacity` is used up.
    #[error("Application is over connection quota")]
    OverQuota,
    /// The path is not `/app/{key}`.
    #[error("Path not found")]
    PathNotFound,
    /// The server does not support the version in `protocol`.
    #[error("Unsupported protocol version")]
    UnsupportedVersion,
    /// The page's origin is not among the app's `allowed_origins`.
    #[error("Origin not allowed")]
    OriginNotAllowed,
    /// The app requires authorized connections, and the client was not authorized in time.
    #[error("Connection not authorized within timeout")]
    Unauthorized,
    /// The app's backend has terminated the user's connections.
    #[error("You got disconnected by the app.")]
    Terminated,
    /// An operator has closed the connection.
    #[error("You got disconnected by the operator of the server.")]
    ByOperator,
    /// An operator has closed the connection, and the client is to connect again.
    #[error("The operator of the server asks you to connect again")]
    ReconnectForOperator,
    /// The process has no room for another connection.
    #[error("Over capacity")]
    OverCapacity,
    /// The client reads more slowly than events arrive on its channels.
    #[error("Over capacity: the client does not keep up with its events")]
    SlowReader,
    /// The client sends far more than one connection may.
    #[error("Over capacity: the client sends too much")]
    TooFast,
    /// All clients that read slowly take too much memory, and this one much of it.
    #[error("Over capacity: too many events wait for slow clients")]
    OutboxesFull,
    /// All incomplete messages take too much memory, and that of this client much of it.
    #[error("Over capacity: too many incomplete messages")]
    PartialsFull,
    /// Too many connections from one address are open.
    #[error("Over capacity: too many connections from this address")]
    TooManyConnections,
    /// Connections from one address come too fast.
    #[error("Over capacity: connections from this address come too fast")]
    TooManyArrivals,
    /// The server is stopping.
    #[error("Server is shutting down, reconnect")]
    Shutdown,
    /// The client was silent for too long and did not answer a ping.
    #[error("Pong reply not received in time")]
    NoPong,
}

impl Disconnect {
    /// Pusher's code, for the event and for the close frame.
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::UnknownApp => 4001,
            Self::AppDisabled => 4003,
            Self::OverQuota => 4004,
            Self::PathNotFound => 4005,
            Self::UnsupportedVersion => 4007,
            Self::OriginNotAllowed | Self::Unauthorized | Self::Terminated | Self::ByOperator => 4009,
            Self::OverCapacity
            | Self::SlowReader
            | Self::TooFast
            | Self::OutboxesFull
            | Self::PartialsFull
            | Self::TooManyConnections
            | Self::TooManyArrivals => 4100,
            Self::Shutdown | Self::ReconnectForOperator => 4200,
            Self::NoPong => 4201,
        }
    }
}

/// The oldest protocol version that the server supports. No client uses versions 1 to 3 any more.
pub const OLDEST_VERSION: u32 = 4;
/// The newest protocol version that the server supports.
pub const NEWEST_VERSION: u32 = 7;

/// Checks the `protocol` parameter of a connection's URL. A missing parameter means the newest version.
///
/// # Errors
/// [`Disconnect::UnsupportedVersion`] if the text is not a number, or not a supported version.
pub fn check_version(protocol: Option<&str>) -> Result<(), Disconnect> {
    match protocol.map(str::parse) {
        None | Some(Ok(OLDEST_VERSION..=NEWEST_VERSION)) => Ok(()),
        Some(_) => Err(Disconnect::UnsupportedVersion),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        for spoken in [None, Some("4"), Some("5"), Some("6"), Some("7")] {
            assert_eq!(check_version(spoken), Ok(()));
        }
        for unspoken in ["0", "3", "8", "99999999999", "", "seven", "7.0", "-7"] {
            assert_eq!(check_version(Some(unspoken)), Err(Disconnect::UnsupportedVersion));
        }
    }
}
