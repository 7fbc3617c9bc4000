//! Joins and clients that wait for the answer of the ledger. Dropping one undoes it.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use clairon_protocol::{AppId, NoRoom, UserId};
use tokio::sync::oneshot;

use crate::{
    core::Core,
    joining::{JoinRequest, Joined, OverCapacity},
    local::clients::Admission,
    notice::Place,
};

/// A join on its way to the ledger. It waits as long as Redis cannot be reached.
///
/// A join that is dropped before it is ready is undone: do not call `leave` for it.
#[must_use = "a join that is dropped is undone"]
pub struct PendingJoin {
    core: Arc<Core>,
    place: Place,
    user: Option<UserId>,
    counts: bool,
    /// `None` once the join is ready.
    answer: Option<oneshot::Receiver<Result<Joined, NoRoom>>>,
}

impl PendingJoin {
    /// Begins a join.
    pub(crate) fn new(core: Arc<Core>, place: Place, request: JoinRequest) -> Self {
        let user = request.member.as_ref().map(|member| member.user_id.clone());
        let counts = request.counts;
        let answer = Some(core.join(&place, request));
        Self { core, place, user, counts, answer }
    }
}

impl Future for PendingJoin {
    type Output = Result<Joined, NoRoom>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(answer) = &mut self.answer else { return Poll::Pending };
        // If the sender was dropped, the node has left the cluster and the answer never comes.
        let Ok(result) = ready!(Pin::new(answer).poll(context)) else { return Poll::Pending };
        self.answer = None;
        Poll::Ready(result)
    }
}

impl Drop for PendingJoin {
    fn drop(&mut self) {
        let Some(mut answer) = self.answer.take() else { return };
        // After this nothing can be sent, so both sides agree whether the answer has come.
        answer.close();
        if !matches!(answer.try_recv(), Ok(Err(_))) {
            self.core.leave(&self.place, self.user.as_ref(), self.counts);
        }
    }
}

/// A client that waits for its admission to an app with a capacity.
pub(crate) struct PendingClient<'a> {
    core: &'a Core,
    app: &'a AppId,
    /// `None` once the answer is known.
    answer: Option<oneshot::Receiver<Admission>>,
}

impl<'a> PendingClient<'a> {
    /// Adds a client. Returns `None` if it does not have to wait.
    pub(crate) fn new(core: &'a Core, app: &'a AppId, capacity: Option<u64>) -> Option<Self> {
        let answer = core.connect_client(app, capacity)?;
        Some(Self { core, app, answer: Some(answer) })
    }

    /// Admits the client without an answer.
    pub(crate) fn admit(mut self) {
        self.answer = None;
    }
}

impl Future for PendingClient<'_> {
    type Output = Admission;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(answer) = &mut self.answer else { return Poll::Ready(Ok(())) };
        // If the sender was dropped, the node has left the cluster and the answer never comes.
        let admission = ready!(Pin::new(answer).poll(context)).unwrap_or(Ok(()));
        self.answer = None;
        Poll::Ready(admission)
    }
}

impl Drop for PendingClient<'_> {
    fn drop(&mut self) {
        let Some(mut answer) = self.answer.take() else { return };
        answer.close();
        if !matches!(answer.try_recv(), Ok(Err(OverCapacity { .. }))) {
            self.core.disconnect_client(self.app);
        }
    }
}
