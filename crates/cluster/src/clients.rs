//! This node's clients of each app, and whom the app's capacity lets in.
//!
//! Pure: no clock, no connection. Apps without a capacity are told to the ledger with each beat; one that has a
//! capacity is told at once, because others wait for the room.

use std::collections::{HashMap, HashSet};

use clairon_protocol::AppId;
use tokio::sync::oneshot;

use crate::{OverCapacity, scripts};

/// Whether a client may stay.
pub(crate) type Admission = Result<(), OverCapacity>;

/// This node's clients by app.
#[derive(Default)]
pub(crate) struct Clients {
    apps: HashMap<AppId, App>,
    /// Apps with a capacity that may have changed.
    prompt: HashSet<AppId>,
}

#[derive(Default)]
struct App {
    clients: u64,
    capacity: Option<u64>,
    waiting: Vec<oneshot::Sender<Admission>>,
    /// What the ledger has, where that is known.
    told: Option<u64>,
    is_indexed: bool,
}

impl App {
    fn is_due(&self) -> bool {
        !self.waiting.is_empty() || self.told.unwrap_or(0) != self.clients
    }

    fn request(&self, id: &AppId) -> scripts::Clients {
        scripts::Clients {
            app: id.clone(),
            count: self.clients,
            newcomers: self.waiting.iter().filter(|waiter| !waiter.is_closed()).count() as u64,
            capacity: self.capacity,
        }
    }
}

impl Clients {
    /// Adds a client. The answer comes when the ledger has found room for it, where there is a capacity.
    pub(crate) fn connect(&mut self, app: &AppId, capacity: Option<u64>) -> Option<oneshot::Receiver<Admission>> {
        let id = app;
        let app = self.apps.entry(id.clone()).or_default();
        app.clients += 1;
        app.capacity = capacity;
        capacity?;
        self.prompt.insert(id.clone());
        let (respond, answer) = oneshot::channel();
        app.waiting.push(respond);
        Some(answer)
    }

    /// Removes a client; true where others may wait for its room.
    pub(crate) fn disconnect(&mut self, app: &AppId) -> bool {
        let id = app;
        let Some(app) = self.apps.get_mut(id) else { return false };
        app.clients = app.clients.saturating_sub(1);
        let is_limited = app.capacity.is_some();
        if is_limited {
            self.prompt.insert(id.clone());
        }
        is_limited
    }

    /// What the ledger is to be told now, of apps with a capacity.
    pub(crate) fn take_prompt(&mut self, limit: usize) -> Vec<scripts::Clients> {
        self.prompt.retain(|id| self.apps.get(id).is_some_and(App::is_due));
        self.prompt.iter().take(limit).filter_map(|id| Some(self.apps.get(id)?.request(id))).collect()
    }

    /// What the ledger is to be told with the beat, of all apps.
    pub(crate) fn take_all(&self) -> Vec<scripts::Clients> {
        self.apps.iter().filter(|(_, app)| app.is_due()).map(|(id, app)| app.request(id)).collect()
    }

    /// The apps among those of `requests` that are not in the node's index yet.
    pub(crate) fn unfenced(&self, requests: &[scripts::Clients]) -> Vec<AppId> {
        let is_unfenced = |request: &&scripts::Clients| self.apps.get(&request.app).is_some_and(|app| !app.is_indexed);
        requests.iter().filter(is_unfenced).map(|request| request.app.clone()).collect()
    }

    /// Notes that an app is in the node's index.
    pub(crate) fn fenced(&mut self, app: &AppId) {
        if let Some(app) = self.apps.get_mut(app) {
            app.is_indexed = true;
        }
    }

    /// The ledger has let in as many newcomers, the first that came.
    pub(crate) fn settle(&mut self, request: &scripts::Clients, admitted: u64) {
        let Some(app) = self.apps.get_mut(&request.app) else { return };
        app.told = Some(request.count - request.newcomers + admitted);
        let mut room = admitted;
        let mut asked = request.newcomers;
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
            let limit = request.capacity.unwrap_or(u64::MAX);
            let admission = if is_admitted { Ok(()) } else { Err(OverCapacity { limit }) };
            // Who does not listen any more leaves by itself.
            if waiter.send(admission).is_ok() {
                room = room.saturating_sub(1);
                app.clients -= u64::from(!is_admitted);
            }
        }
        app.waiting = later;
        if app.clients == 0 && !app.is_due() {
            self.apps.remove(&request.app);
        }
    }

    /// The ledger may have lost what it was told, or knows it of an id that this node has no more.
    pub(crate) fn register_again(&mut self) {
        for app in self.apps.values_mut() {
            app.told = None;
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
    fn without_a_capacity_nobody_waits_and_the_ledger_is_told_with_the_beat() {
        let mut clients = Clients::default();
        assert!(clients.connect(&id(), None).is_none());
        assert!(!clients.disconnect(&id()) && clients.connect(&id(), None).is_none());
        assert!(clients.take_prompt(9).is_empty());
        let requests = clients.take_all();
        assert_eq!(requests, [scripts::Clients { app: id(), count: 1, newcomers: 0, capacity: None }]);
        clients.settle(&requests[0], 0);
        assert!(clients.take_all().is_empty());
        clients.register_again();
        assert_eq!(clients.take_all(), requests);
    }

    #[test]
    fn the_first_that_came_are_let_in() {
        let mut clients = Clients::default();
        let mut waiters: Vec<_> = (0..3).filter_map(|_| clients.connect(&id(), Some(2))).collect();
        let requests = clients.take_prompt(9);
        assert_eq!((requests[0].count, requests[0].newcomers), (3, 3));
        assert_eq!(clients.unfenced(&requests), [id()]);
        clients.fenced(&id());
        assert!(clients.unfenced(&requests).is_empty());
        let late = clients.connect(&id(), Some(2));
        clients.settle(&requests[0], 2);
        let answers: Vec<_> = waiters.iter_mut().map(|waiter| waiter.try_recv().unwrap()).collect();
        assert_eq!(answers, [Ok(()), Ok(()), Err(OverCapacity { limit: 2 })]);
        assert!(late.unwrap().try_recv().is_err());
        let requests = clients.take_prompt(9);
        assert_eq!((requests[0].count, requests[0].newcomers), (3, 0), "who does not listen is no newcomer");
    }
}
