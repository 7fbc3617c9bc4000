//! Delivers the messages that the listener's connection receives.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use bytes::Bytes;
use clairon_protocol::{CacheEntry, CacheRoom, Publication};

use crate::{
    core::Core,
    notice::Notice,
    redis::{Failure, engine::Pushed, keys::Topic, message::TopicMessage},
    throttle::Throttle,
};

/// Receives for all connections that a listener uses one after the other.
pub(super) struct Receiver {
    core: Arc<Core>,
    /// Number of messages so far.
    received: AtomicU64,
    /// Log lines about garbled messages.
    garbled: Throttle,
}

impl Receiver {
    pub(super) fn new(core: Arc<Core>) -> Self {
        Self { core, received: AtomicU64::new(0), garbled: Throttle::default() }
    }

    /// Number of messages so far.
    pub(super) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// Takes what the connection received.
    ///
    /// # Errors
    /// Messages may be missed from now on.
    pub(super) fn receive(&self, pushed: Pushed) -> Result<(), Failure> {
        match pushed {
            Pushed::Message { topic, payload } => {
                self.received.fetch_add(1, Ordering::Relaxed);
                self.deliver(&topic, &payload);
                Ok(())
            }
            // A Redis Cluster ends the subscriptions of a slot when it moves the slot.
            Pushed::Unsubscribed { topic } if self.core.local.lock().topics.is_held(&topic) => {
                Err(Failure::new("Redis has ended a subscription"))
            }
            Pushed::Unsubscribed { .. } => Ok(()),
            Pushed::Disconnected => Err(Failure::new("the connection for messages has ended")),
        }
    }

    fn deliver(&self, name: &str, payload: &Bytes) {
        let Some(topic) = self.core.redis.parse_topic(name) else { return };
        let problem = match TopicMessage::decode(payload) {
            Ok(message) => match notice(topic, message) {
                Some(notice) => return (self.core.deliver)(notice),
                None => "its kind does not belong on its topic".to_owned(),
            },
            Err(garbled) => garbled.to_string(),
        };
        if let Some(suppressed) = self.garbled.pass(Instant::now()) {
            tracing::warn!(
                bytes = payload.len(),
                problem,
                suppressed,
                "dropped a message that no node of this version sent"
            );
        }
    }
}

/// The notice that a message on a topic becomes. `None` if the message does not belong on the topic.
fn notice(topic: Topic, message: TopicMessage) -> Option<Notice> {
    let place = match (topic, &message) {
        (Topic::Online(place), TopicMessage::Online { version, is_online }) => {
            let user_id = place.channel.user_id()?.into();
            return Some(Notice::Online { app: place.app, user_id, version: *version, is_online: *is_online });
        }
        (Topic::Online(_), _) => return None,
        (Topic::Channel(place), _) => place,
    };
    Some(match message {
        TopicMessage::Event { frame, except, place: log_place } => {
            let (app, channel) = (place.app, place.channel);
            Notice::Event(Publication {
                app,
                channel,
                frame,
                except,
                log: None,
                place: log_place,
                cache: None,
                version: None,
            })
        }
        TopicMessage::CachedEvent { version, ttl_seconds, data, frame, except, place: log_place } => {
            let (app, channel) = (place.app, place.channel);
            let cache =
                Some(CacheEntry { data: data.into(), ttl_seconds, room: CacheRoom::UNLIMITED, ends_miss: false });
            let version = Some(version);
            Notice::Event(Publication { app, channel, frame, except, log: None, place: log_place, cache, version })
        }
        TopicMessage::MemberAdded { version, member } => Notice::MemberAdded { place, version, member },
        TopicMessage::MemberRemoved { version, user_id } => Notice::MemberRemoved { place, version, user_id },
        TopicMessage::Count { version, connections } => Notice::Count { place, version, connections },
        TopicMessage::Forgotten { version } => Notice::Forgotten { place, version },
        TopicMessage::Terminate => Notice::Terminate { user_id: place.channel.user_id()?.into(), app: place.app },
        TopicMessage::Online { .. } => return None,
    })
}
