//! The names of channels, and the kinds that their prefixes stand for.

use std::{borrow::Borrow, fmt, sync::Arc};

use crate::{Limits, UserId, error::InvalidChannel};

/// The prefix of the channels that carry only the events of one user. The id of the user follows.
const SERVER_TO_USER: &str = "#server-to-user-";

/// A valid channel name. It is cheap to clone.
///
/// A name consists of the characters `A-Z a-z 0-9 _ - = @ , . ;`. The only exception is `#server-to-user-{id}`, where
/// the id may contain any character.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChannelName(Arc<str>);

/// The kind of a channel. It decides which clients may subscribe, and whether they see each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelKind {
    /// Any client may subscribe.
    Public,
    /// `private-`: a subscription needs a signature of the app's backend.
    Private,
    /// `private-encrypted-`: like private, and the server cannot read the data.
    Encrypted,
    /// `presence-`: like private, and the subscribers are members that see each other come and go.
    Presence,
    /// `#server-to-user-{id}`: only connections that are signed in as that user may subscribe.
    ServerToUser,
}

impl ChannelKind {
    /// True if a subscription needs a signature of the app's backend.
    #[must_use]
    pub const fn is_signed(self) -> bool {
        matches!(self, Self::Private | Self::Encrypted | Self::Presence)
    }

    /// True if subscribers may send client events. The channel must be one that a backend authorizes. The client
    /// libraries refuse to send to encrypted channels.
    #[must_use]
    pub const fn takes_client_events(self) -> bool {
        matches!(self, Self::Private | Self::Presence)
    }
}

impl ChannelName {
    /// Parses a name, within the app's limits.
    ///
    /// # Errors
    /// When it is empty, too long, or contains a character that channel names cannot contain.
    pub fn parse(text: &str, limits: &Limits) -> Result<Self, InvalidChannel> {
        let size = text.len();
        if let Some(user_id) = text.strip_prefix(SERVER_TO_USER) {
            let chars = user_id.chars().count();
            return match limits.user_id_chars as usize {
                _ if chars == 0 => Err(InvalidChannel::Empty),
                limit if chars > limit => Err(InvalidChannel::UserIdTooLong { size: chars, limit }),
                _ => Ok(Self(text.into())),
            };
        }
        let limit = limits.channel_name_bytes as usize;
        if size == 0 {
            Err(InvalidChannel::Empty)
        } else if size > limit {
            Err(InvalidChannel::TooLong { size, limit })
        } else if let Some(position) = text.bytes().position(|byte| !is_channel_byte(byte)) {
            Err(InvalidChannel::Character { position, size })
        } else {
            Ok(Self(text.into()))
        }
    }

    /// The channel that carries only this user's events.
    #[must_use]
    pub fn of_user(user_id: &UserId) -> Self {
        Self(format!("{SERVER_TO_USER}{user_id}").into())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The kind, according to the prefix of the name.
    #[must_use]
    pub fn kind(&self) -> ChannelKind {
        self.split_kind().0
    }

    /// True for a cache channel: it remembers its last published event for new subscribers.
    #[must_use]
    pub fn is_cache(&self) -> bool {
        self.split_kind().1.starts_with("cache-")
    }

    /// The id of the user, if this is a `#server-to-user-{id}` channel.
    #[must_use]
    pub fn user_id(&self) -> Option<&str> {
        self.0.strip_prefix(SERVER_TO_USER)
    }

    /// The kind, and the name after the prefix of that kind.
    fn split_kind(&self) -> (ChannelKind, &str) {
        const KINDS: [(&str, ChannelKind); 4] = [
            ("private-encrypted-", ChannelKind::Encrypted),
            ("private-", ChannelKind::Private),
            ("presence-", ChannelKind::Presence),
            (SERVER_TO_USER, ChannelKind::ServerToUser),
        ];
        let known = |(prefix, kind)| self.0.strip_prefix(prefix).map(|rest| (kind, rest));
        KINDS.into_iter().find_map(known).unwrap_or((ChannelKind::Public, &self.0))
    }
}

const fn is_channel_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'=' | b'@' | b',' | b'.' | b';')
}

impl fmt::Display for ChannelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ChannelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl Borrow<str> for ChannelName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> ChannelName {
        ChannelName::parse(text, &Limits::default()).unwrap()
    }

    #[test]
    fn the_prefix_tells_the_kind() {
        use ChannelKind::{Encrypted, Presence, Private, Public, ServerToUser};
        let table = [
            ("news", Public, false),
            ("cache-news", Public, true),
            ("private-x", Private, false),
            ("private-cache-x", Private, true),
            ("private-encrypted-x", Encrypted, false),
            ("private-encrypted-cache-x", Encrypted, true),
            ("presence-x", Presence, false),
            ("presence-cache-x", Presence, true),
            ("#server-to-user-7 é", ServerToUser, false),
            // A prefix includes its hyphen and stands at the start of the name.
            ("x-private-y", Public, false),
            ("private", Public, false),
            ("privatex-", Public, false),
            ("presence", Public, false),
            ("cache", Public, false),
            ("private-encryptedx", Private, false),
        ];
        for (text, kind, cache) in table {
            assert_eq!((name(text).kind(), name(text).is_cache()), (kind, cache), "{text}");
        }
        assert_eq!(name("#server-to-user-7").user_id(), Some("7"));
        assert_eq!(ChannelName::of_user(&UserId::from("7")), name("#server-to-user-7"));
    }

    #[test]
    fn bad_names_say_what_is_wrong() {
        let parse = |text: &str| ChannelName::parse(text, &Limits::default());
        assert_eq!(parse(""), Err(InvalidChannel::Empty));
        assert_eq!(parse("#server-to-user-"), Err(InvalidChannel::Empty));
        let long = format!("#server-to-user-{}", "é".repeat(129));
        assert_eq!(parse(&long), Err(InvalidChannel::UserIdTooLong { size: 129, limit: 128 }));
        assert_eq!(parse("a b"), Err(InvalidChannel::Character { position: 1, size: 3 }));
        assert_eq!(parse("#news"), Err(InvalidChannel::Character { position: 0, size: 5 }));
        assert_eq!(parse(&"a".repeat(201)), Err(InvalidChannel::TooLong { size: 201, limit: 200 }));
        assert!(parse(&"a".repeat(200)).is_ok() && parse("A_-=@,.;z9").is_ok());
    }
}
