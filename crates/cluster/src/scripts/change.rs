//! A change of a node's share of a channel.

use std::time::Duration;

use bytes::Bytes;
use clairon_protocol::{ChannelKind, Edge, Member, UserId};
use redis::Value;

use super::{Call, Request, purge::parse_edge, script};
use crate::{
    CachedEvent, Place, State,
    keys::{Keys, NodeId},
    message::{self, Message},
};

/// The parts of an answer, in the script's order.
type Parts = (String, u64, u64, Vec<String>, Vec<String>, String, Option<Vec<Bytes>>, Option<Bytes>, i64);

/// A change that the ledger shall make, as one step, exactly once however often it is sent.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the script, and they are independent")]
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) place: Place,
    /// Who asks.
    pub(crate) node: NodeId,
    /// Under which ids the node may have had a share before it lost its lease, and for each the sequence of its change
    /// that no answer has come to, or 0.
    pub(crate) earlier: Vec<(NodeId, u64)>,
    /// Greater for each change of this node.
    pub(crate) sequence: u64,
    /// All connections of the node, newcomers included.
    pub(crate) connections: u64,
    /// Users that become members, and how many of the connections are newcomers that fall with them: none where the
    /// user was let in before.
    pub(crate) added: Vec<(Member, u64)>,
    /// Users that the node has no more.
    pub(crate) removed: Vec<UserId>,
    /// How many members the channel may have.
    pub(crate) max_members: usize,
    /// The node believes to have no share yet. Where it is wrong, nothing is lost.
    pub(crate) is_first: bool,
    /// Other users than those added are not of this node.
    pub(crate) is_whole: bool,
    /// All subscribers are told how many they are.
    pub(crate) counts: bool,
    /// The state is wanted.
    pub(crate) wants_state: bool,
    /// How many gaps there had been when this was made.
    pub(crate) gaps: u64,
}

/// What the ledger says to a change.
#[derive(Debug)]
pub(crate) enum Reply {
    /// It is made.
    Done(Outcome),
    /// The node's share is gone, and so may be its lease.
    Lost,
}

/// What came of a change.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The version that contains it.
    pub(crate) version: u64,
    /// What it has changed for all.
    pub(crate) edges: Vec<Edge>,
    /// Who found the channel full.
    pub(crate) refused: Vec<UserId>,
    /// Who has a share.
    pub(crate) nodes: Vec<NodeId>,
    /// The channel, where that was wanted.
    pub(crate) state: Option<State>,
}

impl Change {
    /// The request; what came of it is remembered this long for a repetition.
    pub(crate) fn request(&self, keys: &Keys, remembered: Duration) -> Request {
        let (script, source) = script!("record.lua", "change.lua");
        let Self { place, node, earlier, .. } = self;
        let mut names = vec![keys.record(place), keys.cache(place), keys.last(place, node)];
        names.extend(earlier.iter().map(|(id, _)| keys.last(place, id)));
        let (ids, unanswered): (Vec<&str>, Vec<String>) =
            earlier.iter().map(|(id, sequence)| (id.as_str(), sequence.to_string())).unzip();
        let call = Call::new(script, source, names)
            .arg(keys.publish_command())
            .arg(node.as_str())
            .arg(ids.join(" "))
            .arg(unanswered.join(" "))
            .number(self.sequence)
            .number(remembered.as_millis())
            .number(self.connections)
            .arg(self.flags())
            .number(self.max_members)
            .number(self.added.len());
        let call = self.added.iter().fold(call, |call, (member, newcomers)| {
            call.arg(member.user_id.as_str()).arg(message::encode_member(member)).number(*newcomers)
        });
        self.removed.iter().fold(call, |call, user| call.arg(user.as_str())).request()
    }

    fn flags(&self) -> String {
        [
            ('f', self.is_first),
            ('a', self.is_whole),
            ('c', self.counts && self.place.channel.kind() != ChannelKind::Presence),
            ('s', self.wants_state),
            ('u', self.place.channel.user_id().is_some()),
        ]
        .into_iter()
        .filter_map(|(flag, is_set)| is_set.then_some(flag))
        .collect()
    }
}

impl Reply {
    /// `None` where it is nothing that the script answers.
    pub(crate) fn parse(value: Value) -> Option<Self> {
        if let Value::Array(parts) = &value
            && let [Value::BulkString(word)] = parts.as_slice()
        {
            // A change that came before the last one can only be of a node that had the same id.
            return matches!(word.as_slice(), b"LOST" | b"STALE").then_some(Self::Lost);
        }
        let (_, version, connections, edges, refused, nodes, members, cached, rest): Parts =
            redis::from_redis_value(value).ok()?;
        let members: Option<Vec<Member>> =
            members.map(|members| members.iter().filter_map(|json| message::decode_member(json)).collect());
        let state = members.map(|members| State {
            version,
            connections,
            members,
            cached: cached.and_then(|payload| parse_cached(&payload, rest)),
        });
        Some(Self::Done(Outcome {
            version,
            edges: edges.iter().map(|edge| parse_edge(edge)).collect::<Option<_>>()?,
            refused: refused.iter().map(|user| user.as_str().into()).collect(),
            nodes: nodes.split_ascii_whitespace().map(|node| NodeId::from_stored(node.to_owned())).collect(),
            state,
        }))
    }
}

/// A cache channel's entry with the milliseconds that it has left, where it has any.
pub(crate) fn parse_cached(payload: &Bytes, rest: i64) -> Option<CachedEvent> {
    let ttl = Duration::from_millis(u64::try_from(rest).ok()?);
    match Message::decode(payload) {
        Ok(Message::CachedEvent { version, data, frame, .. }) => {
            Some(CachedEvent { version, frame, data: data.into(), ttl })
        }
        _ => None,
    }
}
