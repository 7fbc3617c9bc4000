//! The announced state of channels.

use clairon_protocol::{ChannelName, Limits};

use super::entry::Subject;

/// An occupied channel or a member that was announced to the endpoints of an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    /// Its position among those of the app.
    pub cursor: String,
    /// The channel.
    pub channel: ChannelName,
    /// The channel itself, or a member of it.
    pub subject: Subject,
    /// The version of the observation.
    pub version: u64,
}

/// Parses a stored name. The limits of the app were checked when a client subscribed.
pub(super) fn channel(name: &str) -> Option<ChannelName> {
    let limits = Limits { channel_name_bytes: u32::MAX, user_id_chars: u32::MAX, ..Limits::default() };
    ChannelName::parse(name, &limits).ok()
}
