//! Changing a node's share of a channel.

use std::time::Duration;

use bytes::Bytes;
use clairon_protocol::{ChannelKind, UserId};
use redis::Value;
use serde::Serialize;

use super::{Request, edge::read_edge, packed_answer::PackedAnswer, script};
use crate::{
    ledger::{AddedMember, Basis, ChangeOutcome, ChangeReply, EarlierShare, Lack, NodeId, RefusedMember, ShareChange},
    notice::{CachedEvent, ChannelState},
    redis::{
        failure::Failure,
        keys::Keys,
        message::{TopicMessage, decode_member, encode_member},
    },
};

/// Stands for no limit: numbers in Lua are exact up to here.
const MOST: usize = 1 << 53;
/// How long a miss is remembered at most: those after it are other ones.
const MISS: Duration = Duration::from_hours(24);

#[derive(Serialize)]
struct Arguments<'a> {
    publish: &'static str,
    node: &'a str,
    earlier: Vec<EarlierArgument<'a>>,
    sequence: u64,
    remembered_ms: u64,
    basis: &'static str,
    connections: u64,
    added: Vec<AddedArgument<'a>>,
    removed: Vec<&'a str>,
    max_members: usize,
    max_bytes: usize,
    counts: bool,
    wants_state: bool,
    miss_ms: Option<u64>,
    is_user: bool,
}

#[derive(Serialize)]
struct EarlierArgument<'a> {
    node: &'a str,
    unanswered: Option<u64>,
}

#[derive(Serialize)]
struct AddedArgument<'a> {
    user_id: &'a str,
    member: String,
    newcomers: u64,
}

/// Asks for a change. Its answer is kept for the time `remembered`.
pub(in crate::redis) fn change_share(keys: &Keys, change: &ShareChange, remembered: Duration) -> Request {
    let ShareChange { place, node, earlier, members, .. } = change;
    let mut names = vec![keys.record(place), keys.cache(place), keys.miss(place), keys.last_change(place, node)];
    names.extend(earlier.iter().map(|earlier| keys.last_change(place, &earlier.node)));
    let arguments = Arguments {
        publish: keys.publish_command(),
        node: node.as_str(),
        earlier: earlier.iter().map(earlier_argument).collect(),
        sequence: change.sequence,
        remembered_ms: super::milliseconds(remembered),
        basis: match change.basis {
            Basis::Share => "share",
            Basis::Nothing => "nothing",
            Basis::Anything => "anything",
        },
        connections: change.connections,
        added: members.added.iter().map(added_argument).collect(),
        removed: members.removed.iter().map(UserId::as_str).collect(),
        max_members: members.room.members.min(MOST),
        max_bytes: members.room.bytes.min(MOST),
        counts: change.counts && place.channel.kind() != ChannelKind::Presence,
        wants_state: change.wants_state,
        miss_ms: change.wants_miss.then(|| super::milliseconds(MISS)),
        is_user: place.channel.user_id().is_some(),
    };
    script!("record.lua", "change_share.lua").call(names, &arguments).into()
}

fn earlier_argument(earlier: &EarlierShare) -> EarlierArgument<'_> {
    EarlierArgument { node: earlier.node.as_str(), unanswered: earlier.unanswered }
}

fn added_argument(added: &AddedMember) -> AddedArgument<'_> {
    let AddedMember { member, newcomers } = added;
    AddedArgument { user_id: member.user_id.as_str(), member: encode_member(member), newcomers: *newcomers }
}

/// Reads the answer to a change.
pub(in crate::redis) fn parse_change(answer: Value) -> Result<ChangeReply, Failure> {
    let mut answer = PackedAnswer::of(answer)?;
    if answer.takes_false() {
        // A change is too late only if another process had the same id, or if the share has ended.
        return Ok(ChangeReply::ShareLost);
    }
    answer.begin(8)?;
    let (version, connections) = (answer.number()?, answer.number()?);
    let edges = answer.list(read_edge)?;
    let (refused, nodes) = (answer.list(PackedAnswer::text)?, answer.text()?);
    let members = answer.optional(|answer| answer.list(PackedAnswer::bytes))?;
    let (cached, cached_ms) = (answer.optional(PackedAnswer::bytes)?, answer.optional(PackedAnswer::signed_number)?);
    let state = members.map(|members| ChannelState {
        version,
        connections,
        members: members.iter().filter_map(|json| decode_member(json)).collect(),
        cached: cached.zip(cached_ms).and_then(|(payload, rest)| parse_cached(&payload, rest)),
    });
    Ok(ChangeReply::Made(ChangeOutcome {
        version,
        edges,
        refused: refused.iter().filter_map(|refused| parse_refused(refused)).collect(),
        nodes: nodes.split_ascii_whitespace().map(NodeId::from_stored).collect(),
        state,
    }))
}

/// Reads a refused user: a letter for the limit, and the id.
fn parse_refused(text: &str) -> Option<RefusedMember> {
    let (lacks, user) = match text.split_at_checked(1)? {
        ("m", user) => (Lack::Members, user),
        ("b", user) => (Lack::Bytes, user),
        _ => return None,
    };
    Some(RefusedMember { user: user.into(), lacks })
}

/// Reads a cache entry that Redis keeps for so many milliseconds more. `None` if it has just expired.
pub(in crate::redis) fn parse_cached(payload: &Bytes, milliseconds: i64) -> Option<CachedEvent> {
    let ttl = Duration::from_millis(u64::try_from(milliseconds).ok()?);
    match TopicMessage::decode(payload) {
        Ok(TopicMessage::CachedEvent { version, data, frame, .. }) => {
            Some(CachedEvent { version, frame, data: data.into(), ttl })
        }
        _ => None,
    }
}
