//! The events of webhooks.

use clairon_protocol::SocketId;
use serde::Serialize;

/// An event, as in the list `events` of a request. Source: Pusher's documentation of webhooks; pusher-http-go reads
/// `data` and `user_id` as strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum WebhookEvent<'a> {
    /// A channel got its first subscriber.
    ChannelOccupied {
        /// The channel.
        channel: &'a str,
    },
    /// A channel lost its last subscriber.
    ChannelVacated {
        /// The channel.
        channel: &'a str,
    },
    /// A user joined a presence channel.
    MemberAdded {
        /// The channel.
        channel: &'a str,
        /// The id of the user, as a string.
        user_id: &'a str,
    },
    /// A user left a presence channel.
    MemberRemoved {
        /// The channel.
        channel: &'a str,
        /// The id of the user, as a string.
        user_id: &'a str,
    },
    /// A client triggered an event.
    ClientEvent {
        /// The channel.
        channel: &'a str,
        /// The name of the event; it begins with `client-`.
        event: &'a str,
        /// Its data: a string unchanged, other JSON as text.
        data: &'a str,
        /// The connection that sent it.
        socket_id: SocketId,
        /// The user that sent it, on presence channels.
        #[serde(skip_serializing_if = "Option::is_none")]
        user_id: Option<&'a str>,
    },
    /// A client subscribed to a cache channel without a cached event.
    CacheMiss {
        /// The channel.
        channel: &'a str,
    },
    /// The number of subscriptions of a channel changed.
    SubscriptionCount {
        /// The channel.
        channel: &'a str,
        /// The number.
        subscription_count: u64,
    },
}

impl WebhookEvent<'_> {
    /// The event as JSON, in one line.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Strings and a number can always be serialized.
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of Pusher's documentation, with the fields in its order.
    #[test]
    fn events_have_the_form_of_the_documentation() {
        let client_event = |user_id| WebhookEvent::ClientEvent {
            channel: "presence-room",
            event: "client-typing",
            data: r#"{"on":true}"#,
            socket_id: SocketId::from_random(0),
            user_id,
        };
        let rows = [
            (
                WebhookEvent::ChannelOccupied { channel: "my-channel" },
                r#"{"name":"channel_occupied","channel":"my-channel"}"#,
            ),
            (
                WebhookEvent::ChannelVacated { channel: "my-channel" },
                r#"{"name":"channel_vacated","channel":"my-channel"}"#,
            ),
            (
                WebhookEvent::MemberAdded { channel: "presence-room", user_id: "7" },
                r#"{"name":"member_added","channel":"presence-room","user_id":"7"}"#,
            ),
            (
                WebhookEvent::MemberRemoved { channel: "presence-room", user_id: "é\"\n" },
                r#"{"name":"member_removed","channel":"presence-room","user_id":"é\"\n"}"#,
            ),
            (WebhookEvent::CacheMiss { channel: "cache-a" }, r#"{"name":"cache_miss","channel":"cache-a"}"#),
            (
                WebhookEvent::SubscriptionCount { channel: "a", subscription_count: 3 },
                r#"{"name":"subscription_count","channel":"a","subscription_count":3}"#,
            ),
            (
                client_event(Some("7")),
                concat!(
                    r#"{"name":"client_event","channel":"presence-room","event":"client-typing","#,
                    r#""data":"{\"on\":true}","socket_id":"1.1","user_id":"7"}"#
                ),
            ),
            (
                client_event(None),
                concat!(
                    r#"{"name":"client_event","channel":"presence-room","event":"client-typing","#,
                    r#""data":"{\"on\":true}","socket_id":"1.1"}"#
                ),
            ),
        ];
        for (event, json) in rows {
            assert_eq!(event.to_json(), json);
        }
    }
}
