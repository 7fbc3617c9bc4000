//! The kinds of webhook events.

use std::fmt;

use super::invalid::{InvalidWebhook, beginning};

/// The kinds of webhook events of the Pusher protocol. Source: the documentation of Pusher Channels, "Webhooks".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WebhookKind {
    /// A channel got its first subscriber.
    ChannelOccupied,
    /// A channel lost its last subscriber.
    ChannelVacated,
    /// A user joined a presence channel.
    MemberAdded,
    /// A user left a presence channel.
    MemberRemoved,
    /// A client sent an event.
    ClientEvent,
    /// A client subscribed to a cache channel without a cached event.
    CacheMiss,
    /// The number of subscriptions of a channel changed.
    SubscriptionCount,
}

impl WebhookKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::ChannelOccupied,
        Self::ChannelVacated,
        Self::MemberAdded,
        Self::MemberRemoved,
        Self::ClientEvent,
        Self::CacheMiss,
        Self::SubscriptionCount,
    ];

    /// The name of the event in the protocol.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ChannelOccupied => "channel_occupied",
            Self::ChannelVacated => "channel_vacated",
            Self::MemberAdded => "member_added",
            Self::MemberRemoved => "member_removed",
            Self::ClientEvent => "client_event",
            Self::CacheMiss => "cache_miss",
            Self::SubscriptionCount => "subscription_count",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for WebhookKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The kinds of events that an endpoint receives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WebhookKinds {
    /// One bit for each listed kind. 0: none is listed, which means all kinds, including those of later versions.
    named: u8,
}

impl WebhookKinds {
    /// Parses the names of kinds, in any order. No name means every kind.
    ///
    /// # Errors
    /// A name is unknown.
    pub fn parse<T: AsRef<str>>(names: &[T]) -> Result<Self, InvalidWebhook> {
        let bit = |(index, name): (usize, &T)| {
            let name = name.as_ref();
            let unknown = || InvalidWebhook::Kind { position: index + 1, shown: beginning(name) };
            WebhookKind::named(name).map(WebhookKind::bit).ok_or_else(unknown)
        };
        let bits = names.iter().enumerate().map(bit).try_fold(0, |all, bit| Ok::<_, InvalidWebhook>(all | bit?))?;
        Ok(Self { named: bits })
    }

    /// True if the endpoint receives events of this kind.
    #[must_use]
    pub const fn contains(self, kind: WebhookKind) -> bool {
        self.bits() & kind.bit() != 0
    }

    /// The listed kinds, in the order of [`WebhookKind::ALL`]. Empty: all kinds.
    pub fn named(self) -> impl Iterator<Item = WebhookKind> {
        WebhookKind::ALL.into_iter().filter(move |kind| self.named & kind.bit() != 0)
    }

    /// One bit for each kind that the endpoint receives.
    pub(super) const fn bits(self) -> u8 {
        if self.named == 0 { u8::MAX } else { self.named }
    }
}

/// One bit for each kind that at least one endpoint of the app receives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted(u8);

impl Wanted {
    pub(super) fn by(kinds: impl Iterator<Item = WebhookKinds>) -> Self {
        Self(kinds.fold(0, |bits, kinds| bits | kinds.bits()))
    }

    pub(super) const fn contains(self, kind: WebhookKind) -> bool {
        self.0 & kind.bit() != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_kinds_are_asked_for_and_no_others() {
        let kinds = WebhookKinds::parse(&["member_removed", "channel_vacated", "member_removed"]).unwrap();
        let named: Vec<_> = kinds.named().map(WebhookKind::as_str).collect();
        assert_eq!(named, ["channel_vacated", "member_removed"]);
        for kind in WebhookKind::ALL {
            assert_eq!(kinds.contains(kind), named.contains(&kind.as_str()), "{kind}");
            assert!(WebhookKinds::default().contains(kind));
            assert_eq!(WebhookKind::named(kind.as_str()), Some(kind));
        }
        assert_eq!(WebhookKinds::default(), WebhookKinds::parse::<&str>(&[]).unwrap());
        assert_eq!(
            WebhookKinds::parse(&["cache_miss", "occupied"]).unwrap_err().to_string(),
            "entry 2 of events is \"occupied\", allowed are channel_occupied, channel_vacated, member_added, \
             member_removed, client_event, cache_miss, subscription_count"
        );
    }
}
