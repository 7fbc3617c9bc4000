//! Which masters this node uses, and the generation of the logs there.
//!
//! The generation is a number. A log of an earlier generation begins anew under another epoch, because events of it may
//! be lost. A generation begins when the first node comes to a new master. For a while two masters may accept events:
//! what a node sends to the former one is on no other node. So a node that had answers of the former master after the
//! first node came to the new one begins another generation when it comes over itself. For a node that dies before
//! that, the one that declares it dead does. The others learn the generation at their beats.

use std::time::Instant;

use parking_lot::Mutex;
use tokio::sync::watch;

use super::{RedisConnection, Server};
use crate::redis::{
    failure::Failure,
    keys::Keys,
    scripts::{self, Arrival},
};

/// The masters of this node and the generation of their logs. All connections of the node share it.
pub(crate) struct Generation {
    key: String,
    /// True for a Redis Cluster. Its connections find new masters by themselves, so a script asks which one it is.
    is_sharded: bool,
    state: Mutex<GenerationState>,
    /// The number of times that this node came to other masters.
    moves: watch::Sender<u64>,
}

#[derive(Default)]
struct GenerationState {
    servers: Vec<Server>,
    /// The greatest known generation.
    number: u64,
    /// The generation at the last call of [`Generation::take_news`].
    told: u64,
    /// The last time at which a master answered.
    answered: Option<Instant>,
    /// True from the arrival at other masters until one of them knows.
    is_new: bool,
    /// The last answer of the masters before.
    former_answered: Option<Instant>,
}

impl Generation {
    pub(in crate::redis) fn new(keys: &Keys, is_sharded: bool) -> Self {
        Self { key: keys.generation(), is_sharded, state: Mutex::default(), moves: watch::Sender::new(0) }
    }

    /// The greatest known generation.
    pub(crate) fn number(&self) -> u64 {
        self.state.lock().number
    }

    /// True if a generation has begun since the last call.
    pub(crate) fn take_news(&self) -> bool {
        let mut state = self.state.lock();
        let is_news = state.told != state.number;
        state.told = state.number;
        is_news
    }

    /// The argument of scripts that use logs of an app, in this life of its logs.
    pub(super) fn argument(&self, life: u64) -> String {
        let asks = if self.is_sharded { "*" } else { "" };
        format!("{} {life} {asks}", self.number())
    }

    /// The number of times that this node came to other masters.
    pub(super) fn moves(&self) -> u64 {
        *self.moves.borrow()
    }

    /// Returns once this node has come to other masters since `moves`.
    pub(crate) async fn moved_since(&self, moves: u64) {
        // The sender lives as long as `self`.
        let _ = self.moves.subscribe().wait_for(|now| *now != moves).await;
    }

    /// Accepts an answer on a connection that was made after so many moves.
    ///
    /// # Errors
    /// The node has come to other masters since. What the former one has accepted may be lost.
    pub(super) fn accept_answer(&self, moves: u64) -> Result<(), Failure> {
        let mut state = self.state.lock();
        if self.moves() != moves {
            return Err(Failure::new("another master has taken over meanwhile"));
        }
        state.answered = Some(Instant::now());
        Ok(())
    }

    /// Notes the masters behind a new connection, and returns the number of moves with it. Connections to other masters
    /// are outdated from then on.
    fn come_to(&self, servers: &[Server]) -> u64 {
        let mut state = self.state.lock();
        if state.servers != servers {
            servers.clone_into(&mut state.servers);
            (state.is_new, state.former_answered) = (true, state.answered);
            if !self.is_sharded || self.moves() == 0 {
                self.moves.send_modify(|moves| *moves += 1);
            }
        }
        self.moves()
    }

    /// Lets the masters of a connection know that this node has come, and learns their generation. Returns the number
    /// of moves with this one. The connection must not be used for logs before.
    pub(in crate::redis) async fn arrive(
        &self,
        connection: &mut RedisConnection,
        servers: &[Server],
    ) -> Result<u64, Failure> {
        let moves = self.come_to(servers);
        let arrival = {
            let state = self.state.lock();
            Arrival {
                servers: servers.iter().map(Server::id).collect(),
                begins: false,
                is_new: state.is_new,
                unheard: state.former_answered.map(|answered| answered.elapsed()),
                known: state.number,
            }
        };
        self.exchange(connection, &arrival, moves).await?;
        Ok(moves)
    }

    /// Begins another generation.
    pub(super) async fn begin(&self, connection: &mut RedisConnection, moves: u64) -> Result<(), Failure> {
        let arrival = {
            let state = self.state.lock();
            let servers = state.servers.iter().map(Server::id).collect();
            Arrival { servers, begins: true, is_new: false, unheard: None, known: state.number }
        };
        self.exchange(connection, &arrival, moves).await
    }

    async fn exchange(&self, connection: &mut RedisConnection, arrival: &Arrival, moves: u64) -> Result<(), Failure> {
        let answer = connection.run(&[scripts::meet_generation(&self.key, arrival)], self).await?.pop();
        let number = scripts::parse_generation(answer.unwrap_or_else(|| Err(Failure::new("Redis gave no answer")))?)?;
        let mut state = self.state.lock();
        if state.number == 0 {
            // The first one is no news: this node has no logs yet.
            state.told = number;
        }
        state.number = state.number.max(number);
        if self.moves() == moves {
            state.is_new = false;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redis::engine::server::parse_single;

    fn server(run_id: &str) -> Vec<Server> {
        let info = format!("redis_version:7.0.15\r\nrole:master\r\nrun_id:{run_id}\r\nmaster_replid2:0\r\n");
        vec![parse_single(&info).unwrap()]
    }

    #[test]
    fn an_answer_of_a_former_master_is_none() {
        let generation = Generation::new(&Keys::new("site", 0, false), false);
        let first = generation.come_to(&server("a"));
        assert_eq!(generation.come_to(&server("a")), first);
        assert!(generation.accept_answer(first).is_ok());
        let second = generation.come_to(&server("b"));
        assert!(generation.accept_answer(first).is_err() && generation.accept_answer(second).is_ok());
    }

    #[test]
    fn connections_to_a_redis_cluster_find_new_masters_by_themselves() {
        let generation = Generation::new(&Keys::new("site", 0, true), true);
        let first = generation.come_to(&server("a"));
        generation.come_to(&server("b"));
        assert!(generation.accept_answer(first).is_ok());
        assert_eq!((generation.argument(7), first), ("0 7 *".to_owned(), 1));
    }
}
