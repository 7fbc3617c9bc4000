//! A sample delivery, with which an operator tests an endpoint.

use bytes::Bytes;
use clairon_protocol::SocketId;
use clairon_registry::{App, DeliveryId, Webhook, WebhookKind};
use jiff::Timestamp;

use crate::{body::write_body, delivery::Delivery, event::WebhookEvent};

/// A delivery of one invented event, of a kind and a channel that the endpoint receives. It is signed like real ones.
/// `now` is the Unix time in milliseconds.
#[must_use]
pub fn sample(app: &App, webhook: &Webhook, now: i64) -> Delivery {
    let kind = webhook.events.named().next().unwrap_or(WebhookKind::ChannelOccupied);
    let channel =
        webhook.channels.iter().next().map_or_else(|| default_channel(kind), |glob| glob.replace('*', "sample"));
    let event = event(kind, &channel).to_json();
    let id = DeliveryId::made_at(Timestamp::from_millisecond(now).unwrap_or_default());
    let body: Bytes = write_body(now, now, [event.as_str()]);
    Delivery::to(app, webhook, &id, body)
}

fn default_channel(kind: WebhookKind) -> String {
    let name = match kind {
        WebhookKind::MemberAdded | WebhookKind::MemberRemoved => "presence-sample",
        WebhookKind::ClientEvent => "private-sample",
        WebhookKind::CacheMiss => "cache-sample",
        WebhookKind::ChannelOccupied | WebhookKind::ChannelVacated | WebhookKind::SubscriptionCount => "sample",
    };
    name.to_owned()
}

fn event(kind: WebhookKind, channel: &str) -> WebhookEvent<'_> {
    match kind {
        WebhookKind::ChannelOccupied => WebhookEvent::ChannelOccupied { channel },
        WebhookKind::ChannelVacated => WebhookEvent::ChannelVacated { channel },
        WebhookKind::MemberAdded => WebhookEvent::MemberAdded { channel, user_id: "sample" },
        WebhookKind::MemberRemoved => WebhookEvent::MemberRemoved { channel, user_id: "sample" },
        WebhookKind::ClientEvent => WebhookEvent::ClientEvent {
            channel,
            event: "client-sample",
            data: "{}",
            socket_id: SocketId::from_random(0),
            user_id: channel.starts_with("presence-").then_some("sample"),
        },
        WebhookKind::CacheMiss => WebhookEvent::CacheMiss { channel },
        WebhookKind::SubscriptionCount => WebhookEvent::SubscriptionCount { channel, subscription_count: 1 },
    }
}

#[cfg(test)]
mod tests {
    use clairon_registry::{ChannelGlobs, WebhookKinds, WebhookUrl};

    use super::*;

    fn webhook(kinds: &[&str], globs: &[&str]) -> Webhook {
        Webhook {
            events: WebhookKinds::parse(kinds).unwrap(),
            channels: ChannelGlobs::parse(globs).unwrap(),
            ..Webhook::new(WebhookUrl::parse("http://a.test").unwrap())
        }
    }

    #[test]
    fn a_sample_is_what_the_endpoint_asks_for() {
        let app = App::random();
        for (kinds, globs, event) in [
            (&[][..], &[][..], r#"{"name":"channel_occupied","channel":"sample"}"#),
            (&["member_added"], &[], r#"{"name":"member_added","channel":"presence-sample","user_id":"sample"}"#),
            (
                &["subscription_count", "cache_miss"],
                &["private-cache-*.x"],
                r#"{"name":"cache_miss","channel":"private-cache-sample.x"}"#,
            ),
            (
                &["client_event"],
                &["presence-*"],
                r#"{"name":"client_event","channel":"presence-sample","event":"client-sample","data":"{}","socket_id":"1.1","user_id":"sample"}"#,
            ),
        ] {
            let delivery = sample(&app, &webhook(kinds, globs), 7);
            assert_eq!(delivery.body, format!(r#"{{"time_ms":7,"events":[{event}]}}"#));
            assert!(delivery.replay_of.is_none() && DeliveryId::parse(&delivery.id).is_some());
        }
    }

    #[test]
    fn it_is_signed_with_the_secret_of_the_endpoint_or_of_the_newest_key() {
        let app = App::random();
        let newest = app.credentials.newest();
        let mut webhook = webhook(&[], &[]);
        let delivery = sample(&app, &webhook, 7);
        assert_eq!((&delivery.key, &delivery.secret), (&newest.key, &newest.secret));
        webhook.secret = Webhook::parse_secret("own").unwrap();
        let delivery = sample(&app, &webhook, 7);
        assert_eq!((&delivery.key, delivery.secret.expose()), (&newest.key, "own"));
    }
}
