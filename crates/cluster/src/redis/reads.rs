//! Questions to the ledger, for the HTTP API: what holds over all nodes. No other node is asked.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use bytes::Bytes;
use clairon_protocol::{AppId, ChannelKind, ChannelName, Limits, Member, UserId};

use super::{
    client::RedisClient,
    failure::{Answer, Failure, parse},
    keys::escape,
    message::decode_member,
    scripts::{self, Request},
};
use crate::{
    channel_log::{KeptLog, LogQuery, LogRead},
    ledger::NodeId,
    notice::{CachedEvent, Place},
};

/// How many names Redis looks at in one step of a scan, before it serves other requests.
const SCAN_NAMES: usize = 5_000;

/// Most channels that are read in one round trip.
const BATCH: usize = 1_000;

/// A channel over all nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelInfo {
    /// Its name.
    pub name: ChannelName,
    /// Number of its connections.
    pub connections: u64,
    /// Number of its members: distinct users. 0 if it is not a presence channel.
    pub members: u64,
}

/// An occupied channel with its members, over all nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OccupiedChannel {
    /// Its name.
    pub name: ChannelName,
    /// The version of its last change when this was read. It may have changed since.
    pub version: u64,
    /// Its members; none if it is not a presence channel.
    pub users: Vec<UserId>,
}

impl RedisClient {
    /// The time by the clock of Redis, as versions have it.
    pub(crate) async fn clock(&self) -> Result<u64, Failure> {
        let (seconds, microseconds): (u64, u64) = parse(self.reader.command(redis::cmd("TIME")).await?)?;
        Ok(seconds * 1_000_000 + microseconds)
    }

    /// The occupied channels of an app with their members.
    pub(crate) async fn occupied(&self, app: &AppId) -> Result<Vec<OccupiedChannel>, Failure> {
        let names: Vec<ChannelName> = self.indexed_names(app, "").await?.into_iter().collect();
        let mut found = Vec::with_capacity(names.len());
        for names in names.chunks(BATCH) {
            let record = |name: &ChannelName| self.keys.record(&Place { app: app.clone(), channel: name.clone() });
            let requests = names.iter().flat_map(|name| {
                // The version first: what has changed since is newer.
                let mut version = redis::cmd("HGET");
                version.arg(record(name)).arg("v");
                let mut fields = redis::cmd("HKEYS");
                fields.arg(record(name));
                let is_presence = name.kind() == ChannelKind::Presence;
                [Some(version), is_presence.then_some(fields)].into_iter().flatten().map(Request::Command)
            });
            let mut answers = self.reader.run(&requests.collect::<Vec<_>>()).await?.into_iter();
            let mut next = || answers.next().unwrap_or_else(|| Err(Failure::new("Redis gave no answer")));
            for name in names {
                let version: Option<u64> = parse(next()?)?;
                let users = if name.kind() == ChannelKind::Presence {
                    users_in(&parse::<Vec<_>>(next()?)?)
                } else {
                    Vec::new()
                };
                found.extend(version.map(|version| OccupiedChannel { name: name.clone(), version, users }));
            }
        }
        Ok(found)
    }

    /// The occupied channels of an app with names that begin with `prefix`, in the order of their names.
    pub(crate) async fn channels(&self, app: &AppId, prefix: &str) -> Result<Vec<ChannelInfo>, Failure> {
        let names: Vec<ChannelName> = self.indexed_names(app, prefix).await?.into_iter().collect();
        let mut found = Vec::with_capacity(names.len());
        for names in names.chunks(BATCH) {
            found.extend(self.infos(app, names).await?.into_iter().filter(|info| info.connections > 0));
        }
        Ok(found)
    }

    /// Channels by name, in the order given. One round trip.
    pub(crate) async fn infos(&self, app: &AppId, names: &[ChannelName]) -> Result<Vec<ChannelInfo>, Failure> {
        let request = |name: &ChannelName| {
            let mut command = redis::cmd("HMGET");
            command.arg(self.keys.record(&Place { app: app.clone(), channel: name.clone() })).arg("t").arg("p");
            Request::Command(command)
        };
        let requests: Vec<Request> = names.iter().map(request).collect();
        let answers = self.reader.run(&requests).await?;
        let info = |(name, answer): (&ChannelName, Answer)| {
            let (connections, members): (Option<u64>, Option<u64>) = parse(answer?)?;
            Ok(ChannelInfo { name: name.clone(), connections: connections.unwrap_or(0), members: members.unwrap_or(0) })
        };
        names.iter().zip(answers).map(info).collect()
    }

    /// The ids of a presence channel's members.
    pub(crate) async fn users(&self, place: &Place) -> Result<Vec<UserId>, Failure> {
        let mut command = redis::cmd("HKEYS");
        command.arg(self.keys.record(place));
        Ok(users_in(&parse::<Vec<_>>(self.reader.command(command).await?)?))
    }

    /// The members of a presence channel.
    pub(crate) async fn members(&self, place: &Place) -> Result<Vec<Member>, Failure> {
        let mut command = redis::cmd("HGETALL");
        command.arg(self.keys.record(place));
        let fields: HashMap<String, String> = parse(self.reader.command(command).await?)?;
        // The value has the number of nodes, a space, and the member.
        let member = |(field, value): (&String, &String)| {
            let json = field.strip_prefix('u').and(value.split_once(' '))?.1;
            decode_member(json.as_bytes())
        };
        Ok(fields.iter().filter_map(member).collect())
    }

    /// The number of an app's clients on all nodes except `own`. Each node sends its number with every beat, and at
    /// once if the app has a capacity.
    pub(crate) async fn clients_elsewhere(&self, app: &AppId, own: Option<&NodeId>) -> Result<u64, Failure> {
        let mut command = redis::cmd("HGETALL");
        command.arg(self.keys.clients(app));
        let by_node: HashMap<String, u64> = parse(self.reader.command(command).await?)?;
        let is_other = |node: &str| own.is_none_or(|own| own.as_str() != node);
        Ok(by_node.iter().filter(|(node, _)| is_other(node)).map(|(_, clients)| clients).sum())
    }

    /// The event that a cache channel caches.
    pub(crate) async fn cached(&self, place: &Place) -> Result<Option<CachedEvent>, Failure> {
        let command = |name: &str| {
            let mut command = redis::cmd(name);
            command.arg(self.keys.cache(place));
            Request::Command(command)
        };
        let mut answers = self.reader.run(&[command("GET"), command("PTTL")]).await?.into_iter();
        let mut next = || answers.next().unwrap_or_else(|| Err(Failure::new("Redis gave no answer")));
        let (payload, rest): (Option<Bytes>, i64) = (parse(next()?)?, parse(next()?)?);
        Ok(payload.and_then(|payload| scripts::parse_cached(&payload, rest)))
    }

    /// Reads logs in one round trip. `None` for each that does not exist.
    ///
    /// # Errors
    /// The connection is lost, or a log cannot be read.
    pub(crate) async fn logs(&self, queries: &[LogQuery]) -> Result<Vec<Option<LogRead>>, Failure> {
        let requests: Vec<Request> = queries.iter().map(|query| scripts::read_log(&self.keys, query)).collect();
        self.reader.run(&requests).await?.into_iter().map(|answer| scripts::parse_log(answer?)).collect()
    }

    /// The sizes of logs, in one round trip. `None` for each that does not exist.
    pub(crate) async fn kept_logs(&self, places: &[Place]) -> Result<Vec<Option<KeptLog>>, Failure> {
        let requests = places.iter().flat_map(|place| {
            let (mut fields, mut rest) = (redis::cmd("HMGET"), redis::cmd("PTTL"));
            fields.arg(self.keys.log(place)).arg(&["h", "o", "b"]);
            rest.arg(self.keys.log(place));
            [fields, rest].map(Request::Command)
        });
        let mut answers = self.reader.run(&requests.collect::<Vec<_>>()).await?.into_iter();
        let mut kept = Vec::with_capacity(places.len());
        while let (Some(fields), Some(rest)) = (answers.next(), answers.next()) {
            let fields: [Option<usize>; 3] = parse(fields?)?;
            let rest = u64::try_from(parse::<i64>(rest?)?).ok().map(Duration::from_millis);
            kept.push(match (fields, rest) {
                ([Some(head), Some(oldest), Some(bytes)], Some(rest)) => {
                    Some(KeptLog { events: (head + 1).saturating_sub(oldest), bytes, rest })
                }
                _ => None,
            });
        }
        Ok(kept)
    }

    /// Drops logs, in one round trip.
    pub(crate) async fn drop_logs(&self, places: &[Place]) -> Result<(), Failure> {
        let request = |place: &Place| {
            let mut command = redis::cmd("DEL");
            command.arg(self.keys.log(place));
            Request::Command(command)
        };
        let requests: Vec<Request> = places.iter().map(request).collect();
        self.reader.run(&requests).await?.into_iter().try_for_each(|answer| answer.map(drop))
    }

    /// The names of an app's channels in the indexes of all nodes. Some of the channels may be empty.
    pub(crate) async fn indexed_names(&self, app: &AppId, prefix: &str) -> Result<BTreeSet<ChannelName>, Failure> {
        let mut members = redis::cmd("SMEMBERS");
        members.arg(self.keys.nodes());
        let nodes: Vec<String> = parse(self.reader.command(members).await?)?;
        // The limits of the app were checked when a connection subscribed.
        let limits = Limits { channel_name_bytes: u32::MAX, user_id_chars: u32::MAX, ..Limits::default() };
        let mut names = BTreeSet::new();
        let mut scans: Vec<(NodeId, String)> =
            nodes.into_iter().map(|node| (NodeId::from_stored(node), "0".to_owned())).collect();
        while !scans.is_empty() {
            let scan = |(node, cursor): &(NodeId, String)| self.scan(node, app, cursor, prefix);
            let requests: Vec<Request> = scans.iter().map(scan).collect();
            let mut rest = Vec::new();
            for ((node, _), answer) in scans.into_iter().zip(self.reader.run(&requests).await?) {
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

    fn scan(&self, node: &NodeId, app: &AppId, cursor: &str, prefix: &str) -> Request {
        let mut command = redis::cmd("SSCAN");
        command.arg(self.keys.index(node, app)).arg(cursor).arg("COUNT").arg(SCAN_NAMES);
        if !prefix.is_empty() {
            command.arg("MATCH").arg(escape(prefix) + "*");
        }
        Request::Command(command)
    }
}

/// The users among the names of the fields of a record.
fn users_in(fields: &[String]) -> Vec<UserId> {
    fields.iter().filter_map(|field| field.strip_prefix('u')).map(UserId::from).collect()
}
