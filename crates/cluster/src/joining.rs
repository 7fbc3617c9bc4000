//! How a connection becomes part of a channel.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use clairon_protocol::{Member, UserId};
use tokio::sync::oneshot;

use crate::{Place, core::Core};

/// One who joins a channel.
#[derive(Clone, Debug)]
pub struct Joining {
    /// Whom it makes a member, on a presence channel.
    pub member: Option<Member>,
    /// How many distinct users may be members.
    pub max_members: usize,
    /// Whether the app has its subscribers told how many they are.
    pub counts: bool,
    /// Whether the channel's state is to be loaded. It is for the first connection here in any case; but who comes
    /// while the last one goes may be told of before that one, and find nothing of what it knew.
    pub wants_state: bool,
}

/// The ledger has a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Joined {
    /// The channel's version with it in: who has applied that has everything up to the newcomer. Notices that lead
    /// there may still be on their way; [`Notice::Loaded`](crate::Notice::Loaded) of a first subscriber is not.
    pub version: u64,
}

/// A presence channel has as many members, over all nodes, as it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full {
    /// How many that is.
    pub limit: usize,
}

/// An app has as many clients, over all nodes, as it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverCapacity {
    /// How many that is.
    pub limit: u64,
}

/// A join on its way to the ledger. It waits as long as Redis is away.
///
/// Whoever drops it before it is ready has left the channel again, and must not call `leave`.
#[must_use = "a join that is dropped is undone"]
pub struct PendingJoin {
    pub(crate) core: Arc<Core>,
    pub(crate) place: Place,
    pub(crate) user: Option<UserId>,
    pub(crate) counts: bool,
    /// Taken once it is ready.
    pub(crate) answer: Option<oneshot::Receiver<Result<Joined, Full>>>,
}

impl Future for PendingJoin {
    type Output = Result<Joined, Full>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(answer) = &mut self.answer else { return Poll::Pending };
        // Without a sender the node has left the cluster, and nobody will ever know.
        let Ok(result) = ready!(Pin::new(answer).poll(context)) else { return Poll::Pending };
        self.answer = None;
        Poll::Ready(result)
    }
}

impl Drop for PendingJoin {
    fn drop(&mut self) {
        let Some(mut answer) = self.answer.take() else { return };
        // From here on nothing is sent, so either side knows whether the answer has come.
        answer.close();
        if !matches!(answer.try_recv(), Ok(Err(Full { .. }))) {
            self.core.leave(&self.place, self.user.as_ref(), self.counts);
        }
    }
}
