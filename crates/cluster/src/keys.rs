//! Names of keys and topics in Redis, and the command that publishes to them.
//!
//! The part in braces decides the slot in a Redis Cluster, so everything that one script touches has the same. An app's
//! id has no slash and a node's id is no app's, which keeps the names of apps, nodes and channels apart.
//!
//! Redis keeps the keys of its databases apart, but not what is published. So the name of a channel's record, which is
//! also its topic, has the number of the database in it, but for number 0.

use std::fmt;

use clairon_protocol::{AppId, ChannelName, Limits};

use crate::Place;

/// The letters of a node's id.
const NODE_ID_CHARS: usize = 10;

/// The id of a node until somebody takes it for dead: random, and new whenever it registers again. Short, because it is
/// part of a field for each of its members.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct NodeId(String);

impl NodeId {
    pub(crate) fn random() -> Self {
        let letter = || char::from(b'a' + rand::random_range(0..26_u8));
        Self((0..NODE_ID_CHARS).map(|_| letter()).collect())
    }

    /// Takes an id that a node has written.
    pub(crate) fn from_stored(text: String) -> Self {
        Self(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is told on a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Topic {
    /// What happens in a channel.
    Channel(Place),
    /// Whether the user of this channel is signed in anywhere.
    Online(Place),
}

/// Makes the names.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    prefix: String,
    /// What the names of records begin with. No prefix has a brace and no app's id a colon, so that the names of two
    /// databases, or of two prefixes, are never the same.
    records: String,
    is_sharded: bool,
}

impl Keys {
    /// With `is_sharded` topics belong to the slot of their name, as those of a Redis Cluster should.
    pub(crate) fn new(prefix: &str, database: u32, is_sharded: bool) -> Self {
        let database = if database == 0 { String::new() } else { format!("{database}:") };
        Self { prefix: prefix.to_owned(), records: format!("{prefix}:{{{database}"), is_sharded }
    }

    /// What all names begin with, before a colon.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// A key, and a topic, that is there only to find out what the user of Redis may do.
    pub(crate) fn probe(&self) -> String {
        format!("{}:probe", self.prefix)
    }

    /// Publishes to a topic.
    pub(crate) const fn publish_command(&self) -> &'static str {
        if self.is_sharded { "SPUBLISH" } else { "PUBLISH" }
    }

    /// A channel's record, a hash; also the name of its topic.
    pub(crate) fn record(&self, place: &Place) -> String {
        format!("{}{}/{}}}", self.records, place.app, place.channel)
    }

    /// The event that a cache channel remembers, a string.
    pub(crate) fn cache(&self, place: &Place) -> String {
        self.record(place) + ":cache"
    }

    /// What a node last changed of a channel and what came of it, a string.
    pub(crate) fn last(&self, place: &Place, node: &NodeId) -> String {
        format!("{}:last:{node}", self.record(place))
    }

    /// The name of a topic.
    pub(crate) fn topic(&self, topic: &Topic) -> String {
        match topic {
            Topic::Channel(place) => self.record(place),
            Topic::Online(place) => self.record(place) + ":online",
        }
    }

    /// Reads the name of a topic. The id of a user may have anything in it, so only the end tells the kind.
    pub(crate) fn parse_topic(&self, name: &str) -> Option<Topic> {
        let rest = name.strip_prefix(&self.records)?;
        let (rest, kind): (&str, fn(Place) -> Topic) = match rest.strip_suffix('}') {
            Some(rest) => (rest, Topic::Channel),
            None => (rest.strip_suffix("}:online")?, Topic::Online),
        };
        let (app, channel) = rest.split_once('/')?;
        // The app's own limits were checked when someone subscribed.
        let limits = Limits { channel_name_bytes: u32::MAX, user_id_chars: u32::MAX, ..Limits::default() };
        let place = Place { app: AppId::parse(app).ok()?, channel: ChannelName::parse(channel, &limits).ok()? };
        Some(kind(place))
    }

    /// How many clients of an app each node has, a hash.
    pub(crate) fn app(&self, app: &AppId) -> String {
        format!("{}:{{{app}}}", self.prefix)
    }

    /// The ids of all nodes, a set.
    pub(crate) fn nodes(&self) -> String {
        format!("{}:nodes", self.prefix)
    }

    /// That a node has registered and nobody has taken it for dead since, a string.
    pub(crate) fn registration(&self, node: &NodeId) -> String {
        format!("{}:{{{node}}}:registration", self.prefix)
    }

    /// Whether a node lives, a string.
    pub(crate) fn lease(&self, node: &NodeId) -> String {
        format!("{}:{{{node}}}:lease", self.prefix)
    }

    /// The ids of the apps that a node has clients of, a set.
    pub(crate) fn apps(&self, node: &NodeId) -> String {
        format!("{}:{{{node}}}:apps", self.prefix)
    }

    /// The names of the app's channels that a node has a share in, a set.
    pub(crate) fn index(&self, node: &NodeId, app: &AppId) -> String {
        format!("{}:{{{node}}}:app:{app}", self.prefix)
    }

    /// Which node is removing a dead one, a string.
    pub(crate) fn purger(&self, node: &NodeId) -> String {
        format!("{}:{{{node}}}:purger", self.prefix)
    }
}

/// A text as a pattern that matches just it.
pub(crate) fn escape(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '*' | '?' | '[' | ']' | '\\' | '^') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern
}

#[cfg(test)]
mod tests {
    use clairon_protocol::UserId;

    use super::*;

    #[test]
    fn a_prefix_is_no_pattern() {
        assert_eq!(escape("presence-x"), "presence-x");
        assert_eq!(escape("a*[b]?\\"), "a\\*\\[b\\]\\?\\\\");
    }

    #[test]
    fn all_of_a_channel_has_one_hash_tag() {
        let keys = Keys::new("site", 0, false);
        let channel = ChannelName::parse("presence-x", &Limits::default()).unwrap();
        let place = Place { app: AppId::parse("1").unwrap(), channel };
        let node = NodeId::random();
        assert_eq!(keys.record(&place), "site:{1/presence-x}");
        for key in [keys.cache(&place), keys.last(&place, &node), keys.topic(&Topic::Online(place.clone()))] {
            assert!(key.starts_with("site:{1/presence-x}:"), "{key}");
        }
        assert_ne!(node, NodeId::random());
        assert_eq!(keys.index(&NodeId::from_stored("n".to_owned()), &place.app), "site:{n}:app:1");
    }

    #[test]
    fn topics_are_told_apart_by_their_names() {
        let keys = Keys::new("site", 0, true);
        let others = [Keys::new("site", 1, true), Keys::new("site", 12, true), Keys::new("site:1", 0, true)];
        let app = AppId::parse("1").unwrap();
        for user in ["7", "a b/é", "x}:online", "x}", "{}:cache"] {
            let place = Place { app: app.clone(), channel: ChannelName::of_user(&UserId::from(user)) };
            for topic in [Topic::Channel(place.clone()), Topic::Online(place)] {
                for other in &others {
                    assert_eq!(keys.parse_topic(&other.topic(&topic)), None);
                    assert_eq!(other.parse_topic(&keys.topic(&topic)), None);
                    assert_eq!(other.parse_topic(&other.topic(&topic)), Some(topic.clone()));
                }
                assert_eq!(keys.parse_topic(&keys.topic(&topic)), Some(topic));
            }
        }
        for name in ["", "site", "other:{1/c}", "site:{1}", "site:{/c}", "site:{1/c}:cache", "site:{1/a b}"] {
            assert_eq!(keys.parse_topic(name), None, "{name}");
        }
    }
}
