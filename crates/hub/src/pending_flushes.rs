//! Connections with frames that are delayed for a moment, to be written together with later ones.

use std::{
    sync::Arc,
    task::{Context, Poll, Waker},
};

use parking_lot::Mutex;

use crate::Session;

/// The connections that wait for a flush, each once.
#[derive(Debug, Default)]
pub(crate) struct PendingFlushes(Mutex<FlushState>);

#[derive(Debug, Default)]
struct FlushState {
    sessions: Vec<Arc<Session>>,
    /// The waker of the flushing task, while the list is empty.
    flusher: Option<Waker>,
}

impl PendingFlushes {
    pub(crate) fn extend(&self, mut sessions: Vec<Arc<Session>>) {
        if sessions.is_empty() {
            return;
        }
        let mut state = self.0.lock();
        state.sessions.append(&mut sessions);
        if let Some(flusher) = state.flusher.take() {
            flusher.wake();
        }
    }

    /// Ready while a connection waits for a flush.
    pub(crate) fn poll(&self, cx: &Context<'_>) -> Poll<()> {
        let mut state = self.0.lock();
        if state.sessions.is_empty() {
            state.flusher = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(())
    }

    pub(crate) fn flush(&self) {
        let sessions = std::mem::take(&mut self.0.lock().sessions);
        for session in &sessions {
            session.outbox().flush();
        }
    }
}
