//! The names of keys and topics in Redis, and the command that publishes to a topic.
//!
//! In a Redis Cluster the part in braces decides the slot of a key, so all keys of one script have the same part. The
//! names of apps, nodes and channels are distinct: an app's id contains no slash, and no app has the id of a node.
//!
//! Redis separates the keys of its databases, but not their topics. So the name of a record, which is also its topic,
//! contains the number of the database, except number 0.

use clairon_protocol::{AppId, ChannelName, Limits};

use crate::{ledger::NodeId, notice::Place};

/// A topic: what its messages are about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Topic {
    /// Everything that happens in a channel.
    Channel(Place),
    /// Whether the user of this channel is signed in on any node.
    Online(Place),
}

/// Makes the names, with the prefix of the site.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    prefix: String,
    /// The beginning of the names of records. A prefix contains no brace and an app's id no colon, so the names of two
    /// databases or two prefixes are never equal.
    records: String,
    is_sharded: bool,
}

impl Keys {
    /// With `is_sharded`, each topic belongs to the shard of its slot; for a Redis Cluster.
    pub(crate) fn new(prefix: &str, database: u32, is_sharded: bool) -> Self {
        let database = if database == 0 { String::new() } else { format!("{database}:") };
        Self { prefix: prefix.to_owned(), records: format!("{prefix}:{{{database}"), is_sharded }
    }

    /// The beginning of all names, before a colon.
    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// A key, and a topic, that is used only to find out what the user of Redis may do.
    pub(super) fn probe(&self) -> String {
        format!("{}:probe", self.prefix)
    }

    /// The command that publishes to a topic.
    pub(crate) const fn publish_command(&self) -> &'static str {
        if self.is_sharded { "SPUBLISH" } else { "PUBLISH" }
    }

    /// The record of a channel, a hash. It is also the name of the channel's topic.
    pub(crate) fn record(&self, place: &Place) -> String {
        format!("{}{}/{}}}", self.records, place.app, place.channel)
    }

    /// The cache entry of a cache channel, a string.
    pub(crate) fn cache(&self, place: &Place) -> String {
        self.record(place) + ":cache"
    }

    /// The log of a channel, a hash.
    pub(crate) fn log(&self, place: &Place) -> String {
        self.record(place) + ":log"
    }

    /// The version of the miss of a cache channel since its last event, a string.
    pub(crate) fn miss(&self, place: &Place) -> String {
        self.record(place) + ":miss"
    }

    /// The last change of a node in a channel and its answer, a string.
    pub(crate) fn last_change(&self, place: &Place, node: &NodeId) -> String {
        format!("{}:last:{node}", self.record(place))
    }

    /// The name of a topic.
    pub(crate) fn topic(&self, topic: &Topic) -> String {
        match topic {
            Topic::Channel(place) => self.record(place),
            Topic::Online(place) => self.record(place) + ":online",
        }
    }

    /// Reads the name of a topic. A user's id may contain any character, so the end of the name decides the kind.
    pub(crate) fn parse_topic(&self, name: &str) -> Option<Topic> {
        let rest = name.strip_prefix(&self.records)?;
        let (rest, kind): (&str, fn(Place) -> Topic) = match rest.strip_suffix('}') {
            Some(rest) => (rest, Topic::Channel),
            None => (rest.strip_suffix("}:online")?, Topic::Online),
        };
        let (app, channel) = rest.split_once('/')?;
        // The limits of the app were checked when a connection subscribed.
        let limits = Limits { channel_name_bytes: u32::MAX, user_id_chars: u32::MAX, ..Limits::default() };
        let place = Place { app: AppId::parse(app).ok()?, channel: ChannelName::parse(channel, &limits).ok()? };
        Some(kind(place))
    }

    /// The clients of an app, a hash of numbers by node.
    pub(crate) fn clients(&self, app: &AppId) -> String {
        format!("{}:{{{app}}}", self.prefix)
    }

    /// The ids of all nodes, a set.
    pub(crate) fn nodes(&self) -> String {
        format!("{}:nodes", self.prefix)
    }

    /// The generation of logs, a hash.
    pub(crate) fn generation(&self) -> String {
        format!("{}:generation", self.prefix)
    }

    /// The registration of a node, a string. It exists from the node's start until the node is declared dead, and has
    /// the generation of logs that the node knew at its last beat.
    pub(crate) fn registration(&self, node: &NodeId) -> String {
        format!("{}:{{{node}}}:registration", self.prefix)
    }

    /// The lease of a node, a string that expires.
    pub(crate) fn lease(&self, node: &NodeId) -> String {
        format!("{}:{{{node}}}:lease", self.prefix)
    }

    /// The first part of a node's index: the ids of the apps that it has clients or shares of, a set.
    pub(crate) fn apps(&self, node: &NodeId) -> String {
        format!("{}:{{{node}}}:apps", self.prefix)
    }

    /// The second part of a node's index: the names of an app's channels that it has shares of, a set.
    pub(crate) fn index(&self, node: &NodeId, app: &AppId) -> String {
        format!("{}:{{{node}}}:app:{app}", self.prefix)
    }

    /// The claim of the process that removes a dead node, a string that expires.
    pub(crate) fn reaper(&self, node: &NodeId) -> String {
        format!("{}:{{{node}}}:reaper", self.prefix)
    }
}

/// A pattern of Redis that matches this text only.
pub(super) fn escape(text: &str) -> String {
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
    fn an_escaped_text_matches_itself_only() {
        assert_eq!(escape("presence-x"), "presence-x");
        assert_eq!(escape("a*[b]?\\"), "a\\*\\[b\\]\\?\\\\");
    }

    #[test]
    fn all_keys_of_a_channel_have_one_hash_tag() {
        let keys = Keys::new("site", 0, false);
        let channel = ChannelName::parse("presence-x", &Limits::default()).unwrap();
        let place = Place { app: AppId::parse("1").unwrap(), channel };
        let node = NodeId::random();
        assert_eq!(keys.record(&place), "site:{1/presence-x}");
        for key in [
            keys.cache(&place),
            keys.log(&place),
            keys.last_change(&place, &node),
            keys.topic(&Topic::Online(place.clone())),
        ] {
            assert!(key.starts_with("site:{1/presence-x}:"), "{key}");
        }
        assert_ne!(node, NodeId::random());
        assert_eq!(keys.index(&NodeId::from_stored("n"), &place.app), "site:{n}:app:1");
    }

    #[test]
    fn the_name_of_a_topic_tells_which_it_is() {
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
