//! Why the server ends a connection.

/// A reason to close a connection, with the code that tells the client what to do next.
///
/// Codes and messages are Pusher's. 4000–4099: do not come back; 4100–4199: come back later; 4200–4299: come back at
/// once. The same pair goes out as a `pusher:error` event and in the close frame, because clients of protocol 5 and
/// pysher read only the first, and those of protocol 6 and 7 only the second.
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
    /// `protocol` is not a version that this server speaks.
    #[error("Unsupported protocol version")]
    UnsupportedVersion,
    /// The page's origin is not among the app's `allowed_origins`.
    #[error("Origin not allowed")]
    OriginNotAllowed,
    /// The app wants authorized connections, and this one was not in time.
    #[error("Connection not authorized within timeout")]
    Unauthorized,
    /// The app's backend has terminated the user's connections.
    #[error("You got disconnected by the app.")]
    Terminated,
    /// The process has no room for another connection.
    #[error("Over capacity")]
    OverCapacity,
    /// The client reads more slowly than its channels speak.
    #[error("Over capacity: the client does not keep up with its events")]
    SlowReader,
    /// The server is stopping.
    #[error("Server is shutting down, reconnect")]
    Shutdown,
    /// Nothing was heard for too long, a ping was not answered.
    #[error("Pong reply not received in time")]
    NoPong,
}

impl Disconnect {
    /// Pusher's code, for the event and the close frame.
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::UnknownApp => 4001,
            Self::AppDisabled => 4003,
            Self::OverQuota => 4004,
            Self::PathNotFound => 4005,
            Self::UnsupportedVersion => 4007,
            Self::OriginNotAllowed | Self::Unauthorized | Self::Terminated => 4009,
            Self::OverCapacity | Self::SlowReader => 4100,
            Self::Shutdown => 4200,
            Self::NoPong => 4201,
        }
    }
}

/// The first protocol version that this server speaks; 1 to 3 are dead.
pub const OLDEST_VERSION: u32 = 4;
/// The last one.
pub const NEWEST_VERSION: u32 = 7;

/// Checks the `protocol` parameter of a connection's URL. One without it is taken for the newest.
///
/// # Errors
/// [`Disconnect::UnsupportedVersion`] where the text is no number, or one that is not spoken here.
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
