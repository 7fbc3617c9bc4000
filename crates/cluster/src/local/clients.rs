//! This node's clients of each app, and the admission of clients to apps with a capacity.
//!
//! Pure: no clock, no connection. The counts of apps without a capacity are sent after each beat. The count of an app
//! with a capacity is sent at once, because clients may be waiting for room. One task sends both, and waits for each
//! answer: a count that overtakes another would let more clients in than there is room for.

use std::collections::{HashMap, HashSet};

use clairon_protocol::AppId;
use tokio::sync::oneshot;

use crate::{joining::OverCapacity, ledger::ClientCount};

/// The answer to a client of an app with a capacity.
pub(crate) type Admission = Result<(), OverCapacity>;

/// This node's clients by app.
#[derive(Default)]
pub(crate) struct Clients {
    apps: HashMap<AppId, AppClients>,
    /// Apps whose count the next batch has, if it has changed.
    prompt: HashSet<AppId>,
}

#[derive(Default)]
struct AppClients {
    clients: u64,
    capacity: Option<u64>,
    waiting: Vec<oneshot::Sender<Admission>>,
    /// The count that the ledger has, as far as it is known.
    recorded: Option<u64>,
    is_indexed: bool,
}

impl AppClients {
    fn is_due(&self) -> bool {
        !self.waiting.is_empty() || self.recorded.unwrap_or(0) != self.clients
    }

    fn count(&self, app: &AppId) -> ClientCount {
        ClientCount {
            app: app.clone(),
            clients: self.clients,
            newcomers: self.waiting.iter().filter(|waiter| !waiter.is_closed()).count() as u64,
            capacity: self.capacity,
        }
    }
}

impl Clients {
    /// Adds a client. With a capacity, the answer comes when the ledger has looked for room.
    pub(crate) fn connect(&mut self, app_id: &AppId, capacity: Option<u64>) -> Option<oneshot::Receiver<Admission>> {
        let app = self.apps.entry(app_id.clone()).or_default();
        app.clients += 1;
        app.capacity = capacity;
        capacity?;
        self.prompt.insert(app_id.clone());
        let (respond, answer) = oneshot::channel();
        app.waiting.push(respond);
        Some(answer)
    }

    /// Removes a client. Returns true if the app has a capacity: clients may be waiting for the room.
    pub(crate) fn disconnect(&mut self, app_id: &AppId) -> bool {
        let Some(app) = self.apps.get_mut(app_id) else { return false };
        app.clients = app.clients.saturating_sub(1);
        let is_limited = app.capacity.is_some();
        if is_limited {
            self.prompt.insert(app_id.clone());
        }
        is_limited
    }

    /// The counts of the next batch: those of up to `limit` apps.
    pub(crate) fn take(&mut self, limit: usize) -> Vec<ClientCount> {
        self.prompt.retain(|id| self.apps.get(id).is_some_and(AppClients::is_due));
        let counts = self.prompt.iter().take(limit).filter_map(|id| Some(self.apps.get(id)?.count(id)));
        let counts: Vec<ClientCount> = counts.collect();
        // Nothing waits for these, and some change all the time: the next beat sends what has changed, or was not sent.
        for count in counts.iter().filter(|count| count.capacity.is_none() && count.newcomers == 0) {
            self.prompt.remove(&count.app);
        }
        counts
    }

    /// Lets the next batches have the counts of all apps. Returns true if one has changed.
    pub(crate) fn send_all(&mut self) -> bool {
        self.prompt.extend(self.apps.iter().filter(|(_, app)| app.is_due()).map(|(id, _)| id.clone()));
        !self.prompt.is_empty()
    }

    /// The apps of these counts that have to be added to the node's index first.
    pub(crate) fn not_indexed(&self, counts: &[ClientCount]) -> Vec<AppId> {
        let is_missing = |count: &&ClientCount| self.apps.get(&count.app).is_some_and(|app| !app.is_indexed);
        counts.iter().filter(is_missing).map(|count| count.app.clone()).collect()
    }

    /// An app was added to the node's index.
    pub(crate) fn note_indexed(&mut self, app_id: &AppId) {
        if let Some(app) = self.apps.get_mut(app_id) {
            app.is_indexed = true;
        }
    }

    /// The ledger has a count, and admitted this number of its newcomers: the first ones.
    pub(crate) fn settle(&mut self, count: &ClientCount, admitted: u64) {
        let Some(app) = self.apps.get_mut(&count.app) else { return };
        app.recorded = Some(count.clients - count.newcomers + admitted);
        let mut room = admitted;
        let mut asked = count.newcomers;
        let mut later = Vec::new();
        for waiter in std::mem::take(&mut app.waiting) {
            if waiter.is_closed() {
                continue;
            }
            if asked == 0 {
                later.push(waiter);
                continue;
            }
            asked -= 1;
            let is_admitted = room > 0;
            let limit = count.capacity.unwrap_or(u64::MAX);
            let admission = if is_admitted { Ok(()) } else { Err(OverCapacity { limit }) };
            // A client that has stopped waiting removes itself.
            if waiter.send(admission).is_ok() {
                room = room.saturating_sub(1);
                app.clients -= u64::from(!is_admitted);
            }
        }
        app.waiting = later;
        if app.clients == 0 && !app.is_due() {
            self.apps.remove(&count.app);
        }
    }

    /// Every count is sent again: the ledger may have lost what it had, or the node has a new id.
    pub(crate) fn resend_all(&mut self) {
        for app in self.apps.values_mut() {
            app.recorded = None;
            app.is_indexed = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> AppId {
        AppId::parse("a").unwrap()
    }

    #[test]
    fn without_a_capacity_no_client_waits_and_the_count_goes_with_the_beat() {
        let mut clients = Clients::default();
        assert!(clients.connect(&id(), None).is_none());
        assert!(!clients.disconnect(&id()) && clients.connect(&id(), None).is_none());
        assert!(clients.take(9).is_empty());
        assert!(clients.send_all());
        let counts = clients.take(9);
        assert_eq!(counts, [ClientCount { app: id(), clients: 1, newcomers: 0, capacity: None }]);
        assert!(clients.take(9).is_empty(), "once for each beat, though it is not settled");
        clients.settle(&counts[0], 0);
        assert!(!clients.send_all());
        clients.resend_all();
        assert!(clients.send_all());
        assert_eq!(clients.take(9), counts);
    }

    #[test]
    fn the_first_clients_are_admitted() {
        let mut clients = Clients::default();
        let mut waiters: Vec<_> = (0..3).filter_map(|_| clients.connect(&id(), Some(2))).collect();
        let counts = clients.take(9);
        assert_eq!((counts[0].clients, counts[0].newcomers), (3, 3));
        assert_eq!(clients.not_indexed(&counts), [id()]);
        clients.note_indexed(&id());
        assert!(clients.not_indexed(&counts).is_empty());
        let late = clients.connect(&id(), Some(2));
        clients.settle(&counts[0], 2);
        let answers: Vec<_> = waiters.iter_mut().map(|waiter| waiter.try_recv().unwrap()).collect();
        assert_eq!(answers, [Ok(()), Ok(()), Err(OverCapacity { limit: 2 })]);
        assert!(late.unwrap().try_recv().is_err());
        let counts = clients.take(9);
        assert_eq!((counts[0].clients, counts[0].newcomers), (3, 0), "a client that stopped waiting is no newcomer");
    }
}
