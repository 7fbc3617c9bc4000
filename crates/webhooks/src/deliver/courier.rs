//! The courier: the task of an endpoint that reads its pending events, sends them and stores the outcomes.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use clairon_registry::{
    App, Attempt, AttemptOutcome, CHANNEL_PAGE, DeliveryAttempt, DeliveryId, Endpoint, PENDING_PAGE, PendingEvent,
    RegistryError, WebhookState, within,
};
use jiff::Timestamp;
use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval, sleep, timeout},
};
use tracing::{debug, error, warn};

use super::{
    arrivals::Arrivals,
    backoff::Concurrency,
    deliveries::EndpointCounters,
    failure_log::FailureLog,
    lease::LeaseClock,
    news::{NewEvents, News},
    notes::Notes,
    queue::{Queue, Work},
    request::{judge, request},
    slots::Slot,
};
use crate::{Outcome, announcer::Announcer, fence::Fence, send::SendFailure};

/// The timeout for the database.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// The time after which a courier without pending events ends.
const IDLE: Duration = Duration::from_secs(30);
/// The interval at which a courier looks for events that other processes have written: other nodes, and the command
/// line with its replays.
const POLL: Duration = Duration::from_millis(250);
/// The pause after the database has failed.
const PAUSE: Duration = Duration::from_secs(1);
/// The shortest wait of a courier.
const TICK: Duration = Duration::from_millis(1);
/// The largest number of outcomes that are not stored yet.
const NOTES: usize = 1_024;

/// The parts that a courier works with.
pub(super) struct Courier {
    pub(super) announcer: Arc<Announcer>,
    pub(super) endpoint: Endpoint,
    pub(super) lease: Arc<LeaseClock>,
    pub(super) news: Arc<News>,
    pub(super) counters: Arc<EndpointCounters>,
}

/// A request that has ended.
struct Sent {
    parcel: Parcel,
    at: Timestamp,
    /// `None` if the lease has ended, so that nothing was sent or the outcome is unknown.
    outcome: Option<Outcome>,
}

/// A delivery.
#[derive(Clone)]
struct Parcel {
    id: DeliveryId,
    /// The ids of its events.
    events: Vec<i64>,
    replay_of: Option<DeliveryId>,
    /// The time of its latest event.
    made_at: Timestamp,
}

/// The reason for the end of a courier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Nothing was pending for [`IDLE`], or the node stops.
    Idle,
    /// The endpoint was removed or disabled.
    Off,
    /// The lease has ended, so another node may have it.
    LeaseEnded,
}

/// The state of a running courier.
struct Run {
    courier: Courier,
    /// Closed when the lease has ended.
    fence: Fence,
    queue: Queue,
    arrivals: Arrivals,
    /// True if events may be arriving that were not seen yet.
    has_arrivals: bool,
    /// True if the queue may differ from the store. It is read anew once no request is in flight.
    is_stale: bool,
    sends: JoinSet<Sent>,
    /// True if a delivery waits for a slot.
    wants_slot: bool,
    notes: Notes,
    concurrency: Concurrency,
    failures: FailureLog,
}

/// Delivers to an endpoint until nothing is pending, the lease ends or the node stops.
pub(super) async fn run(courier: Courier) {
    let notes = Notes::new(courier.announcer.store.clone());
    let lease = courier.lease.clone();
    let mut run = Run {
        courier,
        fence: Fence::new(move || lease.is_valid()),
        queue: Queue::default(),
        arrivals: Arrivals::default(),
        has_arrivals: true,
        is_stale: false,
        sends: JoinSet::new(),
        wants_slot: false,
        notes,
        concurrency: Concurrency::new(),
        failures: FailureLog::default(),
    };
    let end = run.deliver().await;
    debug!(endpoint = ?run.courier.endpoint, ?end, "deliveries end");
    run.finish().await;
}

impl Run {
    async fn deliver(&mut self) -> End {
        let announcer = self.courier.announcer.clone();
        let mut idle_since = Instant::now();
        let mut poll = interval(if announcer.is_alone { PAUSE } else { POLL });
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            if announcer.stopping.is_cancelled() {
                return End::Idle;
            }
            if !self.courier.lease.is_valid() {
                return End::LeaseEnded;
            }
            let Some(app) = announcer.app_of(&self.courier.endpoint) else { return End::Off };
            let slot_freed = announcer.slots.freed();
            if let Err(error) = self.advance(&app).await {
                debug!(%error, "pending webhooks cannot be read yet");
                announcer.note_outage();
                self.is_stale = true;
                sleep(PAUSE).await;
            }
            if !self.queue.is_empty() || self.notes.len() > 0 || !self.arrivals.is_empty() {
                idle_since = Instant::now();
            } else if idle_since.elapsed() >= IDLE {
                return End::Idle;
            }
            let pause = self.pause();
            tokio::select! {
                Some(sent) = self.sends.join_next() => {
                    if let Ok(sent) = sent && self.settle(sent).await {
                        return End::Off;
                    }
                }
                stored = self.notes.stored() => self.note_stored(&stored),
                events = self.courier.news.arrived() => self.take_news(events),
                _ = poll.tick() => self.note_news(),
                () = slot_freed, if self.wants_slot => {}
                () = sleep(pause) => {}
                () = announcer.stopping.cancelled() => {}
            }
        }
    }

    /// Takes new events into the queue, or notes that they have to be read.
    fn take_news(&mut self, events: NewEvents) {
        match events {
            NewEvents::Nothing => {}
            NewEvents::Complete(events) => self.queue.append_new(events),
            NewEvents::Unknown => self.note_news(),
        }
    }

    /// Notes that there may be new events.
    fn note_news(&mut self) {
        self.queue.note_news();
        self.has_arrivals |= !self.courier.announcer.is_alone;
    }

    /// The time until there is something to do, if nothing happens meanwhile.
    fn pause(&self) -> Duration {
        let (announcer, now) = (&self.courier.announcer, Instant::now());
        let arrivals = self.arrivals.pause(announcer.horizon(now), now);
        let can_send = !self.is_full() && !self.wants_slot;
        let queue = self.queue.pause(now, Timestamp::now(), announcer.grouping()).filter(|_| can_send);
        arrivals.into_iter().chain(queue).min().unwrap_or(PAUSE).clamp(TICK, PAUSE)
    }

    /// Reads pending events, and sends those that can be sent.
    async fn advance(&mut self, app: &App) -> Result<(), RegistryError> {
        if self.is_stale {
            if !self.sends.is_empty() || self.notes.len() > 0 {
                return Ok(());
            }
            self.queue = Queue::default();
            self.is_stale = false;
        }
        self.settle_arrivals().await?;
        loop {
            self.read().await?;
            self.wants_slot = false;
            if self.is_full() || self.queue.is_empty() {
                return Ok(());
            }
            let Some(slot) = self.courier.announcer.slots.take(self.sends.is_empty()) else {
                self.wants_slot = true;
                return Ok(());
            };
            let grouping = self.courier.announcer.grouping();
            let Some(work) = self.queue.next(Instant::now(), Timestamp::now(), grouping) else { return Ok(()) };
            self.start(app, work, slot).await?;
        }
    }

    /// Puts the events of all nodes into their order, a moment after they were written. A lone node may have some that
    /// several nodes wrote before it was started.
    async fn settle_arrivals(&mut self) -> Result<(), RegistryError> {
        let Courier { announcer, endpoint, .. } = &self.courier;
        if self.has_arrivals {
            // What the look finds was written before it.
            let newest = within(ANSWER_TIMEOUT, announcer.store.newest_arriving(endpoint)).await?;
            self.arrivals.note(newest, Instant::now());
            self.has_arrivals = false;
        }
        let now = Instant::now();
        if let Some(last) = self.arrivals.take(announcer.horizon(now), now) {
            // Some may be left, behind a node that writes late.
            self.has_arrivals = true;
            within(ANSWER_TIMEOUT, announcer.store.settle(endpoint, last)).await?;
            self.queue.note_news();
        }
        Ok(())
    }

    async fn read(&mut self) -> Result<(), RegistryError> {
        let Courier { announcer, endpoint, .. } = &self.courier;
        while let Some(after) = self.queue.wants_page() {
            let events = within(ANSWER_TIMEOUT, announcer.store.pending(endpoint, after)).await?;
            let is_all = events.len() < PENDING_PAGE;
            self.queue.read_page(events, is_all);
        }
        while let Some((channel, after)) = self.queue.wants_channel() {
            let events = announcer.store.pending_in_channel(endpoint, &channel, after);
            let events = within(ANSWER_TIMEOUT, events).await?;
            let is_all = events.len() < CHANNEL_PAGE;
            self.queue.read_channel(&channel, events, is_all);
        }
        Ok(())
    }

    /// Sends a delivery.
    async fn start(&mut self, app: &App, work: Work, slot: Slot) -> Result<(), RegistryError> {
        let store = &self.courier.announcer.store;
        let (id, events) = match work {
            Work::Single(event) => (event.delivery.clone(), vec![event]),
            Work::Whole(delivery) => {
                let events = within(ANSWER_TIMEOUT, store.pending_of_delivery(&delivery)).await?;
                if self.queue.needs_claim(&delivery) {
                    for event in events.iter().filter(|_| events.len() > 1) {
                        let first = store.pending_in_channel(&self.courier.endpoint, &event.channel, 0);
                        if self.queue.is_behind(event, &within(ANSWER_TIMEOUT, first).await?) {
                            self.queue.retry(&delivery, Instant::now() + PAUSE);
                            return Ok(());
                        }
                    }
                    self.queue.claim(&delivery, &events);
                }
                (delivery, events)
            }
            Work::Group(delivery, events) => {
                let ids: Vec<_> = events.iter().map(|event| event.id).collect();
                within(ANSWER_TIMEOUT, store.group(&delivery, &ids)).await?;
                (delivery, events)
            }
        };
        let bodies = self.bodies(&events).await?;
        let Some(made_at) = events.iter().map(|event| event.happened_at).max().filter(|_| !bodies.is_empty()) else {
            // The delivery was given up in the meantime.
            self.queue.end(&id);
            self.queue.note_stored(&id);
            return Ok(());
        };
        let webhook = self.courier.endpoint.name().and_then(|(_, webhook)| app.webhooks.find(webhook));
        let Some(webhook) = webhook else { return Ok(()) };
        let replay_of = events.first().and_then(|event| event.replay_of.clone());
        let parcel = Parcel { id, events: events.iter().map(|event| event.id).collect(), replay_of, made_at };
        let at = Timestamp::now();
        let (ids, fence) = ((&parcel.id, parcel.replay_of.as_ref()), self.fence.clone());
        let delivery = request(app, webhook, ids, (made_at, at), &bodies, fence);
        let sender = self.courier.announcer.sender.clone();
        self.sends.spawn(async move {
            let outcome = match sender.send(&delivery).await {
                Outcome::Failed { failure: SendFailure::Fenced, .. } => None,
                outcome => Some(outcome),
            };
            drop(slot);
            Sent { parcel, at, outcome }
        });
        Ok(())
    }

    /// The bodies of events. Long ones are read from the store, as far as they are still pending.
    async fn bodies(&self, events: &[PendingEvent]) -> Result<Vec<String>, RegistryError> {
        let long: Vec<_> = events.iter().filter(|event| event.body.is_none()).map(|event| event.id).collect();
        let mut read = HashMap::new();
        if !long.is_empty() {
            read.extend(within(ANSWER_TIMEOUT, self.courier.announcer.store.bodies(&long)).await?);
        }
        Ok(events.iter().filter_map(|event| event.body.clone().or_else(|| read.remove(&event.id))).collect())
    }

    /// Notes the outcome of a request. True if it has disabled the endpoint.
    async fn settle(&mut self, sent: Sent) -> bool {
        let Sent { parcel, at, outcome: Some(outcome) } = sent else { return false };
        let attempts = self.queue.note_attempt(&parcel.id);
        let patience = self.courier.announcer.settings.retry;
        let verdict = judge(outcome, attempts, parcel.made_at, Timestamp::now(), patience);
        let is_delivered = verdict.outcome == AttemptOutcome::Delivered;
        self.concurrency.note(is_delivered);
        match verdict.pause {
            Some(pause) => self.queue.retry(&parcel.id, Instant::now() + pause),
            None => self.queue.end(&parcel.id),
        }
        self.courier.counters.note(verdict.outcome);
        self.failures.note(&self.courier.endpoint, &parcel.id, &verdict, attempts);
        let attempt = Attempt {
            endpoint: self.courier.endpoint.clone(),
            delivery: parcel.id,
            replay_of: parcel.replay_of,
            node: self.courier.announcer.node.to_string(),
            at,
            latency: verdict.latency,
            status: verdict.status,
            problem: verdict.problem,
            outcome: verdict.outcome,
        };
        (self.courier.announcer.on_attempt)(&attempt);
        self.notes.push(DeliveryAttempt { attempt, events: parcel.events });
        if verdict.is_gone {
            self.switch_off().await;
        }
        verdict.is_gone
    }

    /// Disables the endpoint, which has answered 410.
    async fn switch_off(&self) {
        let Courier { announcer, endpoint, .. } = &self.courier;
        let Some((app, webhook)) = endpoint.name() else { return };
        announcer.deliveries.note_gone(endpoint);
        warn!(%app, %webhook, "a webhook endpoint has answered 410 (Gone): it is switched off, and what is pending is given up");
        let edit = |app: &mut App| {
            app.webhooks.change(webhook, |webhook| webhook.state = WebhookState::disabled("it answered 410 (Gone)"));
        };
        if let Err(error) = within(ANSWER_TIMEOUT, announcer.store.update(app, &edit)).await {
            error!(%app, %webhook, %error, "a webhook endpoint that is gone could not be switched off");
            return;
        }
        let problem = "given up: the endpoint has answered 410 (Gone) and was switched off";
        if let Err(error) = announcer.store.give_up(endpoint, None, problem).await {
            warn!(%app, %webhook, %error, "what is pending for a webhook endpoint could not be given up");
        }
    }

    fn note_stored(&mut self, stored: &[DeliveryAttempt]) {
        for DeliveryAttempt { attempt, .. } in stored {
            self.queue.note_stored(&attempt.delivery);
        }
    }

    fn is_full(&self) -> bool {
        self.sends.len() >= self.concurrency.limit() || self.notes.len() >= NOTES
    }

    /// Waits for requests in flight and for outcomes that are not stored yet.
    async fn finish(&mut self) {
        let patience = self.courier.announcer.settings.timeout + PAUSE;
        self.notes.gather_no_more();
        let on_their_way = async {
            while let Some(sent) = self.sends.join_next().await {
                if let Ok(sent) = sent {
                    self.settle(sent).await;
                }
            }
            while self.notes.len() > 0 {
                self.notes.stored().await;
            }
        };
        if timeout(patience, on_their_way).await.is_err() {
            // The deliveries are repeated with the same ids.
            debug!(endpoint = ?self.courier.endpoint, "not all outcomes of webhooks are known");
        }
    }
}
