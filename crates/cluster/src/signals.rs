//! What wakes the tasks of a node.

use tokio::sync::{Notify, mpsc, watch};

use crate::membership::Suspect;

/// The signals to all tasks.
pub(crate) struct Signals {
    /// To the committer: there is something to send.
    pub(crate) changes: Notify,
    /// To the listener: the wanted topics have changed.
    pub(crate) topics: Notify,
    /// To the heartbeat: the next beat is due at once.
    pub(crate) beat: Notify,
    /// To the reaper.
    suspects: mpsc::UnboundedSender<Suspect>,
    /// True once the node is leaving.
    stopping: watch::Sender<bool>,
}

impl Signals {
    /// The signals, and the end of one of them that is for the reaper.
    pub(crate) fn new() -> (Self, mpsc::UnboundedReceiver<Suspect>) {
        let (suspects, receiver) = mpsc::unbounded_channel();
        let [changes, topics, beat] = [(); 3].map(|()| Notify::new());
        (Self { changes, topics, beat, suspects, stopping: watch::Sender::new(false) }, receiver)
    }

    /// Lets the reaper look at something.
    pub(crate) fn suspect(&self, suspect: Suspect) {
        // The reaper has ended if this node is leaving. Other nodes find the suspect too.
        let _ = self.suspects.send(suspect);
    }

    /// Ends the committer and the heartbeat.
    pub(crate) fn stop(&self) {
        self.stopping.send_replace(true);
    }

    pub(crate) fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Changes when the node begins to leave.
    pub(crate) fn stopping(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }
}
