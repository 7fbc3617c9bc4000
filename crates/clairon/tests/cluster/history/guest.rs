//! A client that records what it receives.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::thread;

use clairon_tests::app::App;
use clairon_tests::client::{Client, data};
use clairon_tests::server::Server;
use serde_json::{Value, json};

/// What a client has received on one channel since a successful subscription, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stay {
    /// The members of the snapshot.
    pub(crate) snapshot: Vec<String>,
    /// The events after the snapshot.
    pub(crate) heard: Vec<Heard>,
    /// The messages of the channel that it must have received: those accepted while it was subscribed.
    pub(crate) due: Vec<String>,
    /// True if it was subscribed to the end.
    pub(crate) is_last: bool,
    /// True if it was also the first and for a while the only subscriber, on a node without faults.
    pub(crate) is_whole: bool,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    Message(String),
    Added(String),
    Removed(String),
}

impl Heard {
    pub(crate) fn message(&self) -> Option<&str> {
        match self {
            Self::Message(message) => Some(message),
            Self::Added(_) | Self::Removed(_) => None,
        }
    }
}

/// A client of one app on one node.
#[derive(Debug)]
pub(crate) struct Guest {
    client: Client,
    /// The number of its app.
    pub(crate) app: usize,
    /// The number of its node.
    pub(crate) node: usize,
    pub(crate) user: String,
    /// The channels to which it is subscribed or has asked to subscribe; `None` until the subscription has succeeded.
    pub(crate) channels: BTreeMap<&'static str, Option<Stay>>,
    /// What it has received on channels that it has left.
    past: Vec<(&'static str, Stay)>,
    /// The number of errors that it has received.
    complaints: usize,
}

impl fmt::Display for Guest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { app, node, user, .. } = self;
        write!(formatter, "{user} of app {app} on node {node} ({})", self.client.socket_id)
    }
}

/// Prints which client was waiting, if the wait ends in a panic.
struct Waiting(String);

impl Drop for Waiting {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("{}", self.0);
        }
    }
}

impl Guest {
    pub(crate) fn connect(server: &Server, (number, app): (usize, &App), node: usize, user: String) -> Self {
        let client = Client::connect(server, app);
        Self { client, app: number, node, user, channels: BTreeMap::new(), past: Vec::new(), complaints: 0 }
    }

    pub(crate) fn ask_to_join(&mut self, channel: &'static str) {
        if channel.starts_with("presence-") {
            self.client.ask_to_join(channel, &json!({"user_id": self.user}).to_string());
        } else {
            let auth = self.client.auth(channel, None);
            self.client.send("pusher:subscribe", &json!({"channel": channel, "auth": auth}));
        }
        self.channels.insert(channel, None);
    }

    pub(crate) fn leave(&mut self, channel: &'static str) {
        self.client.unsubscribe(channel);
        self.hear_all();
        if let Some(Some(stay)) = self.channels.remove(channel) {
            self.past.push((channel, stay));
        }
    }

    /// Sends a client event. True if it was accepted.
    pub(crate) fn whisper(&mut self, channel: &str, message: &str) -> bool {
        let complaints = self.complaints;
        self.client.whisper(channel, "client-said", &json!(message));
        self.hear_all();
        self.complaints == complaints
    }

    /// Reads until the condition is true.
    pub(crate) fn hear_until(&mut self, is_so: impl Fn(&Self) -> bool) {
        let asked: Vec<_> = self.channels.iter().filter(|(_, stay)| stay.is_none()).map(|(name, _)| *name).collect();
        let _waiting = Waiting(format!("{self} waits, for {asked:?} or a message"));
        while !is_so(self) {
            let event = self.client.socket.event();
            self.note(&event);
        }
    }

    /// Reads all available events.
    pub(crate) fn hear_all(&mut self) {
        for event in self.client.fence() {
            self.note(&event);
        }
    }

    pub(crate) fn has_joined(&self, channel: &str) -> bool {
        self.stay(channel).is_some()
    }

    pub(crate) fn has_heard(&self, channel: &str, message: &str) -> bool {
        self.stay(channel).is_some_and(|stay| stay.heard.contains(&Heard::Message(message.to_owned())))
    }

    /// True if it has received all messages that it must receive.
    pub(crate) fn is_up_to_date(&self) -> bool {
        let is_heard = |stay: &Stay, due: &String| stay.heard.contains(&Heard::Message(due.clone()));
        self.channels.values().flatten().all(|stay| stay.due.iter().all(|due| is_heard(stay, due)))
    }

    /// The members of a channel, as far as this client knows.
    pub(crate) fn members(&self, channel: &str) -> BTreeSet<String> {
        let Some(stay) = self.stay(channel) else { return BTreeSet::new() };
        let mut members: BTreeSet<String> = stay.snapshot.iter().cloned().collect();
        for heard in &stay.heard {
            match heard {
                Heard::Added(user) => drop(members.insert(user.clone())),
                Heard::Removed(user) => drop(members.remove(user)),
                Heard::Message(_) => {}
            }
        }
        members
    }

    /// Everything it has received, for a client that stayed to the end.
    pub(crate) fn finish(mut self) -> Vec<(&'static str, Stay)> {
        let last = std::mem::take(&mut self.channels).into_iter();
        self.past.extend(last.filter_map(|(channel, stay)| Some((channel, Stay { is_last: true, ..stay? }))));
        self.past
    }

    /// Everything it has received, for a client that drops its connection and may have left events unread.
    pub(crate) fn abort(self) -> Vec<(&'static str, Stay)> {
        let unread = |stay| Stay { due: Vec::new(), is_last: false, is_whole: false, ..stay };
        self.finish().into_iter().map(|(channel, stay)| (channel, unread(stay))).collect()
    }

    fn stay(&self, channel: &str) -> Option<&Stay> {
        self.channels.get(channel).and_then(Option::as_ref)
    }

    fn note(&mut self, event: &Value) {
        let name = event["event"].as_str().unwrap_or_default();
        if name == "pusher:error" {
            self.complaints += 1;
            return;
        }
        let channel = event["channel"].as_str().unwrap_or_default();
        let Some(stay) = self.channels.get_mut(channel) else { panic!("an event of another channel: {event}") };
        if name == "pusher_internal:subscription_succeeded" {
            let ids = data(event)["presence"]["ids"].as_array().cloned().unwrap_or_default();
            assert!(stay.is_none(), "a second success: {event}");
            let snapshot = ids.iter().filter_map(Value::as_str).map(str::to_owned).collect();
            *stay = Some(Stay { snapshot, ..Stay::default() });
            return;
        }
        let Some(stay) = stay else { panic!("an event before its success: {event}") };
        let user = || data(event)["user_id"].as_str().unwrap_or_default().to_owned();
        stay.heard.push(match name {
            "pusher_internal:member_added" => Heard::Added(user()),
            "pusher_internal:member_removed" => Heard::Removed(user()),
            "said" | "client-said" => Heard::Message(event["data"].as_str().unwrap_or_default().to_owned()),
            _ => panic!("{event}"),
        });
    }
}
