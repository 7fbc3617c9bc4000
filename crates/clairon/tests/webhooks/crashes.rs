//! `kill -9` at random moments between an event and its delivery, again and again: what was in the database is
//! delivered in the end, in the order of each channel, and twice only with the same id.
//!
//! `CLAIRON_TEST_CRASHES=1000` kills more often. `CLAIRON_TEST_SEED` repeats the random choices of an earlier run. A
//! failure prints them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use clairon_protocol::AppId;
use clairon_registry::{Endpoint, PENDING_PAGE, PendingEvent, RegistryError};
use clairon_test_servers::{eventually, until};
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::server::Server;
use clairon_tests::webhook::{Received, Reply, WebhookReceiver};
use parking_lot::Mutex;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::runtime::Builder;

use crate::support::{Database, metric, once, server};

/// How often servers are killed on each database.
const CRASHES: usize = 100;
/// How many servers run side by side on each database, each with tables and a receiver of its own.
const SERVERS: usize = 2;
const CHANNELS: [&str; 3] = ["private-a", "private-b", "presence-c"];
const USERS: [&str; 3] = ["ada", "bob", "cem"];
/// The most events that a client sends before its server is killed.
const EVENTS: usize = 12;
/// The longest time in which the server goes on before the signal. An event is written and delivered meanwhile, and its
/// outcome is stored.
const LONGEST: Duration = Duration::from_millis(180);

#[test]
fn nothing_is_lost_on_sqlite() {
    crash(Database::sqlite);
}

#[test]
fn nothing_is_lost_on_postgres() {
    crash(Database::postgres);
}

#[test]
fn nothing_is_lost_on_mysql() {
    crash(Database::mysql);
}

fn crash(database: fn() -> Database) {
    let crashes = variable("CRASHES").unwrap_or(CRASHES as u64);
    let seed = variable("SEED").unwrap_or_else(rand::random);
    println!("CLAIRON_TEST_SEED={seed}");
    thread::scope(|scope| {
        for number in 0..SERVERS as u64 {
            let share = crashes / SERVERS as u64 + u64::from(number < crashes % SERVERS as u64);
            scope.spawn(move || {
                let mut victim = Victim::new(database(), seed.wrapping_add(number));
                (0..share).for_each(|_| victim.crash());
                victim.end();
            });
        }
    });
}

fn variable(name: &str) -> Option<u64> {
    let text = std::env::var(format!("CLAIRON_TEST_{name}")).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("CLAIRON_TEST_{name} is {text:?}: allowed is a number")))
}

/// A server that is killed again and again, with its database and its receiver.
struct Victim {
    database: Database,
    app: App,
    receiver: WebhookReceiver,
    /// Set when the receiver is to accept everything at once.
    is_calm: Arc<AtomicBool>,
    /// The requests that the receiver has accepted.
    accepted: Arc<Mutex<Vec<Received>>>,
    random: StdRng,
    /// The number of sent client events. Each carries its own.
    sent: u64,
    /// The ids of the deliveries that were pending in the database after a crash.
    pending: BTreeSet<String>,
}

/// What is awaited before the time runs after which the server is killed.
#[derive(Clone, Copy)]
enum Mark {
    /// Events were sent to the server.
    Sent,
    /// Some of them are in the database.
    Written,
    /// The receiver has got a request since the start of the server.
    Received,
}

impl Victim {
    fn new(database: Database, seed: u64) -> Self {
        let (is_calm, accepted) = (Arc::new(AtomicBool::new(false)), Arc::<Mutex<Vec<_>>>::default());
        let (calm, taken) = (is_calm.clone(), accepted.clone());
        // About each third attempt fails, and some answers take their time, so that something is always on its way.
        let attempts = AtomicUsize::new(0);
        let receiver = WebhookReceiver::answering(move |request| {
            let chance = request.body.len() + attempts.fetch_add(1, Ordering::Relaxed);
            let is_calm = calm.load(Ordering::Relaxed);
            if !is_calm {
                thread::park_timeout(Duration::from_millis((chance % 4 * 5) as u64));
            }
            if !is_calm && chance.is_multiple_of(3) {
                return Reply::Status(500);
            }
            taken.lock().push(request.clone());
            Reply::Status(200)
        });
        let app = App::new("crash")
            .with("client_messages", true)
            .with("client_events_per_second", 1_000)
            .with("webhook_url", receiver.url());
        let random = StdRng::seed_from_u64(seed);
        Self { database, app, receiver, is_calm, accepted, random, sent: 0, pending: BTreeSet::new() }
    }

    /// Starts the server, lets clients come and send events, and kills it at a random moment.
    fn crash(&mut self) {
        let requests = self.receiver.count();
        let running = server(&self.database, &self.app).start();
        let mark = [Mark::Sent, Mark::Written, Mark::Received][self.random.random_range(0..3)];
        let written = written(&running);
        let clients = self.clients(&running);
        let pause = self.random.random_range(Duration::ZERO..LONGEST);
        match mark {
            Mark::Sent => {}
            Mark::Written => {
                until("events are in the database", || self::written(&running), |now| *now > written);
            }
            Mark::Received => self.receiver.wait_for_count("a request", requests + 1),
        }
        thread::park_timeout(pause);
        running.signal(Signal::KILL);
        assert!(!running.ended().success());
        drop(clients);
        // A database that nobody has opened since is left to the next server.
        if self.random.random_bool(0.5) {
            let pending = self.read_pending();
            self.pending.extend(pending);
        }
    }

    /// A client with a random selection of the channels, and some users of the presence channel.
    fn clients(&mut self, server: &Server) -> Vec<Client> {
        let mut sender = Client::connect(server, &self.app);
        let user = USERS[self.random.random_range(0..USERS.len())];
        let mut channels: Vec<_> = CHANNELS.into_iter().filter(|_| self.random.random_bool(0.8)).collect();
        if channels.is_empty() {
            channels.push(CHANNELS[0]);
        }
        for channel in &channels {
            if channel.starts_with("presence-") {
                sender.join(channel, &json!({"user_id": user}).to_string());
            } else {
                sender.subscribe(channel);
            }
        }
        for _ in 0..self.random.random_range(1..=EVENTS) {
            self.sent += 1;
            let channel = channels[self.random.random_range(0..channels.len())];
            sender.whisper(channel, "client-number", &json!(self.sent));
        }
        let mut other = Client::connect(server, &self.app);
        if self.random.random_bool(0.5) {
            let user = USERS[self.random.random_range(0..USERS.len())];
            other.join(CHANNELS[2], &json!({"user_id": user}).to_string());
        }
        vec![sender, other]
    }

    /// The ids of the deliveries that are pending in the database.
    fn read_pending(&self) -> BTreeSet<String> {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap_or_else(|error| panic!("{error}"));
        let read = async {
            let registry = clairon_registry::open_existing(&self.database.url(), 1).await?;
            let id = AppId::parse(&self.app.id).unwrap_or_else(|error| panic!("{error}"));
            let app = registry.find(&id).await?;
            let webhook = app.as_ref().and_then(|app| app.webhooks.iter().next());
            let webhook = webhook.unwrap_or_else(|| panic!("no endpoint: {app:?}")).id.clone();
            let (endpoint, mut events) = (Endpoint::new(id, webhook), Vec::new());
            loop {
                let after = events.last().map_or(0, |event: &PendingEvent| event.id);
                let page = registry.pending(&endpoint, after).await?;
                let is_last = page.len() < PENDING_PAGE;
                events.extend(page);
                if is_last {
                    return Ok::<_, RegistryError>(events);
                }
            }
        };
        let events = runtime.block_on(read).unwrap_or_else(|error| panic!("reading the pending events: {error}"));
        events.into_iter().map(|event| event.delivery.to_string()).collect()
    }

    /// Starts the server once more, and checks what the receiver has accepted once everything is delivered and vacated.
    fn end(mut self) {
        self.is_calm.store(true, Ordering::Relaxed);
        let left = self.read_pending();
        self.pending.extend(left);
        let last = server(&self.database, &self.app).start();
        let is_vacated = |history: &Vec<&Value>| history.last().is_some_and(|event| event["name"] == "channel_vacated");
        eventually("all that was pending is delivered, and all channels are vacated", || {
            let accepted = self.accepted.lock();
            let deliveries: BTreeSet<_> = accepted.iter().map(Received::delivery).collect();
            self.pending.iter().all(|delivery| deliveries.contains(delivery.as_str()))
                && histories(&accepted).values().all(is_vacated)
        });
        drop(last);
        println!("{} events sent, {} deliveries found pending", self.sent, self.pending.len());
        for (channel, history) in histories(&self.accepted.lock()) {
            check_order(channel, &history);
        }
        check_deliveries(&self.receiver.requests());
    }
}

/// How many events the server has written.
fn written(server: &Server) -> u64 {
    metric(server, "webhook_events_total", None)
}

/// The events of each channel in the order in which they were accepted first.
fn histories(requests: &[Received]) -> BTreeMap<&str, Vec<&Value>> {
    let mut histories = BTreeMap::<_, Vec<_>>::new();
    for event in once(requests).into_iter().flat_map(|request| &request.events) {
        histories.entry(event["channel"].as_str().unwrap_or_default()).or_default().push(event);
    }
    histories
}

/// Edges alternate, events come while the channel is occupied, and their numbers grow. A machine on which a start takes
/// longer than `startup_seconds` makes pairs.
fn check_order(channel: &str, history: &[&Value]) {
    let (mut is_occupied, mut members, mut last) = (false, Vec::new(), 0);
    for (place, event) in history.iter().enumerate() {
        let user = event["user_id"].as_str().unwrap_or_default();
        let is_right = match event["name"].as_str().unwrap_or_default() {
            "channel_occupied" => !std::mem::replace(&mut is_occupied, true),
            "channel_vacated" => std::mem::replace(&mut is_occupied, false) && members.is_empty(),
            "member_added" => {
                let is_new = !members.contains(&user);
                members.push(user);
                is_new && is_occupied
            }
            "member_removed" => {
                let before = members.len();
                members.retain(|member| *member != user);
                members.len() < before && is_occupied
            }
            "client_event" => {
                let number = event["data"].as_str().and_then(|data| data.parse::<u64>().ok()).unwrap_or_default();
                is_occupied && number > std::mem::replace(&mut last, number)
            }
            _ => false,
        };
        assert!(is_right, "{channel}: event {place} is out of order: {history:#?}");
    }
}

/// Each client event has one delivery.
fn check_deliveries(requests: &[Received]) {
    let mut deliveries = HashMap::new();
    for request in requests {
        for event in request.events.iter().filter(|event| event["name"] == "client_event") {
            let known = deliveries.entry(event.to_string()).or_insert_with(|| request.delivery().to_owned());
            assert_eq!(known, request.delivery(), "two deliveries of {event}");
        }
    }
}
