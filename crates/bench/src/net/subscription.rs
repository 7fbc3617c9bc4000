//! The subscription of a connection.

/// The name of the presence channel.
pub(crate) const PRESENCE_CHANNEL: &str = "presence-bench";

/// The one channel of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subscription {
    /// A public channel, by number.
    Public(usize),
    /// A private channel, by number. Its subscribers may send client events.
    Private(usize),
    /// The presence channel, as a user.
    Presence {
        /// The user's number.
        user: usize,
    },
}

impl Subscription {
    pub(crate) fn channel(self) -> String {
        match self {
            Self::Public(number) => public_channel(number),
            Self::Private(number) => format!("private-bench-{number}"),
            Self::Presence { .. } => PRESENCE_CHANNEL.to_owned(),
        }
    }

    pub(crate) const fn is_signed(self) -> bool {
        !matches!(self, Self::Public(_))
    }

    /// The `channel_data` of a presence channel.
    pub(crate) fn member(self) -> Option<String> {
        match self {
            Self::Presence { user } => Some(format!(r#"{{"user_id":"{user}"}}"#)),
            _ => None,
        }
    }
}

/// The name of the public channel `number`.
pub(crate) fn public_channel(number: usize) -> String {
    format!("bench-{number}")
}
