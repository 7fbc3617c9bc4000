//! Questions to the ledger: what the HTTP API tells of all nodes, without asking any of them.

use std::collections::{BTreeSet, HashMap};

use bytes::Bytes;
use clairon_protocol::{AppId, ChannelName, Limits, UserId};
use redis::Cmd;

use crate::{
    CachedEvent, ClusterError, Place,
    core::Core,
    engine::Failure,
    keys::{NodeId, escape},
    lease::parse,
    scripts::{Request, parse_cached},
};

/// How many names a scan looks at before it lets others in.
const SCAN: usize = 5_000;

/// The most channels asked for together.
const BATCH: usize = 1_000;

/// A channel over all nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelInfo {
    /// Its name.
    pub name: ChannelName,
    /// How many connections subscribe.
    pub connections: u64,
    /// How many distinct users are members; 0 where it is no presence channel.
    pub members: u64,
}

impl From<Failure> for ClusterError {
    fn from(failure: Failure) -> Self {
        Self::Unavailable { problem: failure.to_string() }
    }
}

/// The occupied channels of an app whose names begin so, in the order of their names.
pub(crate) async fn channels(core: &Core, app: &AppId, prefix: &str) -> Result<Vec<ChannelInfo>, Failure> {
    let names = names(core, app, prefix).await?;
    let mut found = Vec::with_capacity(names.len());
    let names: Vec<ChannelName> = names.into_iter().collect();
    for names in names.chunks(BATCH) {
        found.extend(infos(core, app, names).await?.into_iter().filter(|info| info.connections > 0));
    }
    Ok(found)
}

/// What is known of channels, in the order given. One round trip.
pub(crate) async fn infos(core: &Core, app: &AppId, names: &[ChannelName]) -> Result<Vec<ChannelInfo>, Failure> {
    let request = |name: &ChannelName| {
        let mut command = redis::cmd("HMGET");
        command.arg(core.keys.record(&Place { app: app.clone(), channel: name.clone() })).arg("t").arg("p");
        Request::Command(command)
    };
    let requests: Vec<Request> = names.iter().map(request).collect();
    let answers = core.reader.run(&requests).await?;
    let info = |(name, answer): (&ChannelName, crate::engine::Answer)| {
        let (connections, members): (Option<u64>, Option<u64>) = parse(answer?)?;
        Ok(ChannelInfo { name: name.clone(), connections: connections.unwrap_or(0), members: members.unwrap_or(0) })
    };
    names.iter().zip(answers).map(info).collect()
}

/// The ids of a presence channel's members.
pub(crate) async fn users(core: &Core, place: &Place) -> Result<Vec<UserId>, Failure> {
    let mut command = redis::cmd("HKEYS");
    command.arg(core.keys.record(place));
    let fields: Vec<String> = parse(core.reader.ask(command).await?)?;
    Ok(fields.iter().filter_map(|field| field.strip_prefix('u')).map(UserId::from).collect())
}

/// How many clients of an app the other nodes have, as each has last told.
pub(crate) async fn clients_elsewhere(core: &Core, app: &AppId) -> Result<u64, Failure> {
    let mut command = redis::cmd("HGETALL");
    command.arg(core.keys.app(app));
    let by_node: HashMap<String, u64> = parse(core.reader.ask(command).await?)?;
    let own = core.id();
    let is_other = |node: &str| own.as_ref().is_none_or(|own| own.as_str() != node);
    Ok(by_node.iter().filter(|(node, _)| is_other(node)).map(|(_, clients)| clients).sum())
}

/// What a cache channel remembers.
pub(crate) async fn cached(core: &Core, place: &Place) -> Result<Option<CachedEvent>, Failure> {
    let command = |name: &str| {
        let mut command: Cmd = redis::cmd(name);
        command.arg(core.keys.cache(place));
        Request::Command(command)
    };
    let mut answers = core.reader.run(&[command("GET"), command("PTTL")]).await?.into_iter();
    let mut next = || answers.next().unwrap_or_else(|| Err(Failure::new("no answer")));
    let (payload, rest): (Option<Bytes>, i64) = (parse(next()?)?, parse(next()?)?);
    Ok(payload.and_then(|payload| parse_cached(&payload, rest)))
}

/// The names of channels in the indexes of all nodes, whether anyone is still there or not.
async fn names(core: &Core, app: &AppId, prefix: &str) -> Result<BTreeSet<ChannelName>, Failure> {
    let mut members = redis::cmd("SMEMBERS");
    members.arg(core.keys.nodes());
    let nodes: Vec<String> = parse(core.reader.ask(members).await?)?;
    let limits = Limits { channel_name_bytes: u32::MAX, user_id_chars: u32::MAX, ..Limits::default() };
    let mut names = BTreeSet::new();
    let mut scans: Vec<(NodeId, String)> =
        nodes.into_iter().map(|node| (NodeId::from_stored(node), "0".to_owned())).collect();
    while !scans.is_empty() {
        let requests: Vec<Request> = scans.iter().map(|(node, cursor)| scan(core, node, app, cursor, prefix)).collect();
        let mut rest = Vec::new();
        for ((node, _), answer) in scans.into_iter().zip(core.reader.run(&requests).await?) {
            let (cursor, found): (String, Vec<String>) = parse(answer?)?;
            names.extend(found.iter().filter_map(|name| ChannelName::parse(name, &limits).ok()));
            if cursor != "0" {
                rest.push((node, cursor));
            }
        }
        scans = rest;
    }
    Ok(names)
}

fn scan(core: &Core, node: &NodeId, app: &AppId, cursor: &str, prefix: &str) -> Request {
    let mut command = redis::cmd("SSCAN");
    command.arg(core.keys.index(node, app)).arg(cursor).arg("COUNT").arg(SCAN);
    if !prefix.is_empty() {
        command.arg("MATCH").arg(escape(prefix) + "*");
    }
    Request::Command(command)
}
