//! What is written for endpoints.

use clairon_protocol::{AppId, ChannelName, UserId};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::delivery_id::DeliveryId;
use crate::webhooks::WebhookId;

/// How many bytes of a digest tell channels apart, and subjects of a channel.
const DIGEST_BYTES: usize = 8;

/// Something that was observed in a channel, or an event without state.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The app.
    pub app: AppId,
    /// The channel.
    pub channel: ChannelName,
    /// Its place among the entries of all nodes: the time in microseconds by a clock that they share. Its event is not
    /// pending before it is [settled](super::WebhookStore::settle). `None`: the order of the writes is the order.
    pub place: Option<u64>,
    /// What was observed. `None` for an event that is written in any case.
    pub observation: Option<Observation>,
    /// The event that it makes if it is news. `None` where no endpoint wants it.
    pub event: Option<NewEvent>,
}

/// Something that is or is not so in a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// What it is about.
    pub subject: Subject,
    /// Whether it is so. Without meaning for a subject that has no state.
    pub is_present: bool,
    /// Orders all observations of one channel, over all nodes.
    pub version: u64,
}

/// What an observation is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// The channel is occupied.
    Channel,
    /// A user is a member.
    Member(UserId),
    /// A subscriber has found nothing in a cache channel. It has no state: each newer observation is news.
    Miss,
    /// The number of subscribers has changed. It has no state either.
    Count,
}

/// An event for the endpoints that want it.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// The event as a JSON object.
    pub body: String,
    /// When it happened.
    pub happened_at: Timestamp,
    /// Who gets it.
    pub copies: Vec<EventCopy>,
}

/// An event for one endpoint.
#[derive(Clone, Debug)]
pub struct EventCopy {
    /// The endpoint.
    pub webhook: WebhookId,
    /// A new id, by which it is found out whether the copy was written.
    pub delivery: DeliveryId,
    /// True if the delivery has this event alone. False: it is decided later which events share one.
    pub is_alone: bool,
}

impl Subject {
    /// The column `kind`.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Channel => "channel",
            Self::Member(_) => "member",
            Self::Miss => "miss",
            Self::Count => "count",
        }
    }

    /// The column `user_id`: JSON, because a text in Postgres has no zero character.
    pub(super) fn user_column(&self) -> String {
        match self {
            // A string can always be serialized.
            Self::Member(user) => serde_json::to_string(user.as_str()).unwrap_or_default(),
            Self::Channel | Self::Miss | Self::Count => String::new(),
        }
    }

    /// Reads the columns of a channel or a member.
    pub(super) fn parse(kind: &str, user: &str) -> Option<Self> {
        match kind {
            "channel" => Some(Self::Channel),
            "member" => Some(Self::Member(UserId::from(&*serde_json::from_str::<String>(user).ok()?))),
            _ => None,
        }
    }

    /// The column `subject`: 16 digits for the channel, from [`digest`], then 16 for what it is about.
    pub(super) fn column(&self, channel: &str) -> String {
        let user = match self {
            Self::Member(user) => user.as_str(),
            Self::Channel | Self::Miss | Self::Count => "",
        };
        channel.to_owned() + &digest(&[self.kind(), "\n", user])
    }

    const fn has_state(&self) -> bool {
        matches!(self, Self::Channel | Self::Member(_))
    }
}

impl Observation {
    /// Changes what endpoints know of its subject: what was so at a version. `None`: they know nothing. True if it is
    /// news to them.
    pub fn learn(&self, known: &mut Option<(bool, u64)>) -> bool {
        if known.is_some_and(|(_, version)| self.version <= version) {
            return false;
        }
        let was_present = known.is_some_and(|(was_present, _)| was_present);
        // What has no state is not so for longer than a moment.
        *known = Some((self.is_present && self.subject.has_state(), self.version));
        !self.subject.has_state() || self.is_present != was_present
    }
}

/// The first and the last that the column `subject` can be for a channel.
pub(super) fn subjects_of(channel: &ChannelName) -> [String; 2] {
    let channel = digest(&[channel.as_str()]);
    ["0", "f"].map(|digit| channel.clone() + &digit.repeat(2 * DIGEST_BYTES))
}

/// The first part of the column `subject`, for a channel.
pub(super) fn digest(texts: &[&str]) -> String {
    let digest = texts.iter().fold(Sha256::new(), Digest::chain_update).finalize();
    hex::encode(&digest[..DIGEST_BYTES])
}
