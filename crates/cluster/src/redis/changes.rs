//! Changes of the ledger.

use std::collections::BTreeMap;

use clairon_protocol::AppId;
use redis::Value;

use super::{
    client::RedisClient,
    failure::{Answer, Failure},
    scripts::{self, Request},
};
use crate::{
    ledger::{ChangeReply, ClientCount, ClientCountReply, NodeId, OnlineReply, ShareChange},
    notice::Place,
};

/// What a node sends to the ledger together.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) changes: Vec<ShareChange>,
    pub(crate) counts: Vec<ClientCount>,
    /// Users to ask about, each by the user's channel.
    pub(crate) watched: Vec<Place>,
}

/// The answers to a [`Batch`], in the same order.
pub(crate) struct BatchReplies {
    pub(crate) changes: Vec<Result<ChangeReply, Failure>>,
    pub(crate) counts: Vec<Result<ClientCountReply, Failure>>,
    pub(crate) watched: Vec<Result<OnlineReply, Failure>>,
}

impl Batch {
    pub(crate) fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.counts.is_empty() && self.watched.is_empty()
    }
}

impl RedisClient {
    /// Adds apps and their channels to a node's index: one round trip. Returns false if the node was declared dead.
    pub(crate) async fn add_to_index(
        &self,
        node: &NodeId,
        places: &BTreeMap<AppId, Vec<&Place>>,
    ) -> Result<bool, Failure> {
        let request = |(app, places): (&AppId, &Vec<&Place>)| {
            scripts::add_to_index(&self.keys, node, app, places.iter().map(|place| &place.channel))
        };
        let requests: Vec<Request> = places.iter().map(request).collect();
        for answer in self.ledger.run(&requests).await? {
            if !scripts::parse_addition(answer?)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Removes channels from a node's index.
    pub(crate) async fn remove_from_index(&self, node: &NodeId, places: &[Place]) -> Result<(), Failure> {
        let mut by_app: BTreeMap<&AppId, redis::Cmd> = BTreeMap::new();
        for place in places {
            let command = by_app.entry(&place.app).or_insert_with(|| {
                let mut command = redis::cmd("SREM");
                command.arg(self.keys.index(node, &place.app));
                command
            });
            command.arg(place.channel.as_str());
        }
        let requests: Vec<Request> = by_app.into_values().map(Request::Command).collect();
        self.ledger.run(&requests).await.map(drop)
    }

    /// Sends a batch: one round trip, one script for each of its parts.
    ///
    /// # Errors
    /// The connection is lost. It is not known which parts were carried out.
    pub(crate) async fn commit(&self, node: &NodeId, batch: &Batch) -> Result<BatchReplies, Failure> {
        let Batch { changes, counts, watched } = batch;
        let mut requests: Vec<Request> = Vec::with_capacity(changes.len() + counts.len() + watched.len());
        requests.extend(changes.iter().map(|change| scripts::change_share(&self.keys, change, self.remembered())));
        requests.extend(counts.iter().map(|count| scripts::count_clients(&self.keys, node, count)));
        requests.extend(watched.iter().map(|place| scripts::online(&self.keys, place)));
        let mut answers = self.ledger.run(&requests).await?.into_iter();
        Ok(BatchReplies {
            changes: parse_next(&mut answers, changes.len(), scripts::parse_change),
            counts: parse_next(&mut answers, counts.len(), scripts::parse_count),
            watched: parse_next(&mut answers, watched.len(), scripts::parse_online),
        })
    }
}

fn parse_next<T>(
    answers: &mut impl Iterator<Item = Answer>,
    count: usize,
    parse: fn(Value) -> Result<T, Failure>,
) -> Vec<Result<T, Failure>> {
    answers.take(count).map(|answer| answer.and_then(parse)).collect()
}
