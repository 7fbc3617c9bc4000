//! Reads the state of connections that only their tasks have.
//!
//! The task of a connection owns its channels and its users, so that they need no lock. To read them, a request of the
//! admin API queues a question and wakes the task, which answers before it sleeps again. Without questions this costs
//! the task one relaxed load each time it goes to sleep.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use clairon_hub::AppHub;
use clairon_protocol::{ChannelName, SocketId, UserId};
use futures_util::{StreamExt, stream::FuturesUnordered};
use parking_lot::Mutex;
use tokio::{sync::oneshot, time};

use super::connection::Connection;
use crate::peers::Seat;

/// The time that tasks have to answer. A task that is busy for longer is not waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// The state of a connection.
#[derive(Debug)]
pub struct ConnectionState {
    /// The user that it is signed in as.
    pub user_id: Option<String>,
    /// Its library with the version.
    pub library: Option<String>,
    /// Its channels, in no order.
    pub channels: Vec<SeatState>,
}

impl ConnectionState {
    /// The user that it is a member as, on the first of its presence channels by name.
    pub fn first_member(&self) -> Option<&str> {
        let members = self.channels.iter().filter(|seat| seat.user_id.is_some());
        members.min_by(|one, other| one.channel.cmp(&other.channel))?.user_id.as_ref().map(UserId::as_str)
    }
}

/// A connection's place on a channel.
#[derive(Debug)]
pub struct SeatState {
    /// The channel.
    pub channel: ChannelName,
    /// The user that it is a member as; presence channels only.
    pub user_id: Option<UserId>,
    /// False while it waits for the ledger.
    pub is_subscribed: bool,
}

/// The questions that connections have not answered yet.
#[derive(Default)]
pub struct Inspections {
    /// True if there are any.
    are_open: AtomicBool,
    open: Mutex<HashMap<SocketId, Vec<oneshot::Sender<ConnectionState>>>>,
}

impl Inspections {
    /// Asks connections for their state. Connections that end or do not answer in time are missing in the result.
    pub async fn inspect(&self, hub: &AppHub, ids: &[SocketId]) -> HashMap<SocketId, ConnectionState> {
        let _cleanup = Cleanup(self);
        let mut answers: FuturesUnordered<_> = ids
            .iter()
            .filter_map(|id| hub.session(*id))
            .map(|session| {
                let id = session.id();
                let answer = self.ask(id);
                session.outbox().rouse();
                async move { Some((id, answer.await.ok()?)) }
            })
            .collect();
        let mut states = HashMap::with_capacity(answers.len());
        let collect = async {
            while let Some(answer) = answers.next().await {
                states.extend(answer);
            }
        };
        // Whatever has not come by then stays unknown.
        let _ = time::timeout(PATIENCE, collect).await;
        states
    }

    fn ask(&self, id: SocketId) -> oneshot::Receiver<ConnectionState> {
        let (sender, receiver) = oneshot::channel();
        let mut open = self.open.lock();
        open.entry(id).or_default().push(sender);
        self.are_open.store(true, Ordering::Relaxed);
        receiver
    }

    /// Drops the questions to a connection that has ended.
    pub(super) fn forget(&self, id: SocketId) {
        if self.are_open() {
            drop(self.take(id));
        }
    }

    fn are_open(&self) -> bool {
        self.are_open.load(Ordering::Relaxed)
    }

    fn take(&self, id: SocketId) -> Vec<oneshot::Sender<ConnectionState>> {
        let mut open = self.open.lock();
        let questions = open.remove(&id).unwrap_or_default();
        self.are_open.store(!open.is_empty(), Ordering::Relaxed);
        questions
    }
}

/// Drops the questions that nobody waits for any more, also if the request was cancelled.
struct Cleanup<'a>(&'a Inspections);

impl Drop for Cleanup<'_> {
    fn drop(&mut self) {
        let mut open = self.0.open.lock();
        open.retain(|_, questions| {
            questions.retain(|question| !question.is_closed());
            !questions.is_empty()
        });
        self.0.are_open.store(!open.is_empty(), Ordering::Relaxed);
    }
}

impl Connection {
    /// Answers the questions to this connection. The task must have parked its outbox before: a question that comes
    /// later wakes it.
    pub(super) fn answer_question(&self) {
        if self.node.inspections.are_open() {
            for question in self.node.inspections.take(self.session.id()) {
                // The answer may come too late.
                let _ = question.send(self.state());
            }
        }
    }

    fn state(&self) -> ConnectionState {
        let seat_state = |(channel, seat): (&ChannelName, &Option<Seat>)| SeatState {
            channel: channel.clone(),
            user_id: seat.as_ref().and_then(Seat::user_id).cloned(),
            is_subscribed: seat.as_ref().is_none_or(|seat| seat.is_taken_by(self.session.id())),
        };
        ConnectionState {
            user_id: self.user.as_ref().map(|user| user.stay.user_id().to_owned()),
            library: self.node.libraries.text(self.library),
            channels: self.subscriptions.iter().map(seat_state).collect(),
        }
    }
}
