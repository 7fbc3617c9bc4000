//! The task that takes leases of endpoints and runs a courier for each.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use clairon_registry::{AddedEvents, AttemptOutcome, Endpoint, Lease, PendingEvent, RegistryError, within};
use parking_lot::Mutex;
use tokio::{
    sync::Notify,
    task::JoinSet,
    time::{interval, timeout},
};
use tokio_util::task::AbortOnDropHandle;
use tracing::{debug, error};

use super::{
    courier::{self, Courier},
    lease::{self, LeaseClock, Moment},
    news::News,
    node_name::NodeName,
};
use crate::announcer::Announcer;

/// The interval at which the node looks for endpoints without a lease.
const LOOK: Duration = Duration::from_secs(1);
/// The time for which nothing is sent to an endpoint that has answered 410. The apps in memory may lag behind the
/// database for a shorter time.
const GONE: Duration = Duration::from_secs(5);
/// The timeout for the database.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(4);

/// The endpoints to which this node delivers.
#[derive(Debug, Default)]
pub(crate) struct Deliveries {
    couriers: Mutex<HashMap<Endpoint, Active>>,
    /// Endpoints with new events and without a courier on this node.
    wanted: Mutex<HashSet<Endpoint>>,
    news: Notify,
    /// Endpoints to which another node delivered at the last look.
    elsewhere: Mutex<HashSet<Endpoint>>,
    /// Endpoints that have answered 410, with the time. The apps in memory may not show yet that they are disabled.
    gone: Mutex<HashMap<Endpoint, Instant>>,
    counters: Mutex<HashMap<Endpoint, Arc<EndpointCounters>>>,
    /// The lease of the upkeep: cleaning up and comparing.
    housekeeping: Mutex<Option<Arc<LeaseClock>>>,
}

/// A running courier.
#[derive(Debug)]
struct Active {
    lease: Arc<LeaseClock>,
    news: Arc<News>,
    pending: u64,
}

/// The outcomes of the requests to an endpoint since the start of this node.
#[derive(Debug, Default)]
pub(super) struct EndpointCounters {
    delivered: AtomicU64,
    retried: AtomicU64,
    given_up: AtomicU64,
}

/// The figures of an endpoint on this node.
#[derive(Clone, Debug)]
pub struct EndpointFigures {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// Requests that were accepted.
    pub delivered: u64,
    /// Failed requests after which the delivery is repeated.
    pub retried: u64,
    /// Failed requests after which the delivery was given up.
    pub given_up: u64,
    /// Pending events, as of a few seconds ago. `None` if another node delivers.
    pub pending: Option<u64>,
}

impl EndpointCounters {
    pub(super) fn note(&self, outcome: AttemptOutcome) {
        let counter = match outcome {
            AttemptOutcome::Delivered => &self.delivered,
            AttemptOutcome::Retried { .. } => &self.retried,
            AttemptOutcome::GivenUp => &self.given_up,
        };
        counter.fetch_add(1, Relaxed);
    }
}

impl Deliveries {
    /// Notes that these endpoints have new events, which have to be read from the store.
    pub(crate) fn wake(&self, endpoints: impl IntoIterator<Item = Endpoint>) {
        self.add(endpoints.into_iter().map(|endpoint| (endpoint, None)));
    }

    /// Notes new events that this node has written.
    pub(crate) fn add_events(&self, added: Vec<AddedEvents>) {
        self.add(added.into_iter().map(|added| (added.endpoint, added.events)));
    }

    fn add(&self, added: impl Iterator<Item = (Endpoint, Option<Vec<PendingEvent>>)>) {
        let couriers = self.couriers.lock();
        let mut unknown = Vec::new();
        for (endpoint, events) in added {
            match couriers.get(&endpoint) {
                Some(active) => active.news.add(events),
                None => unknown.push(endpoint),
            }
        }
        drop(couriers);
        if !unknown.is_empty() {
            self.wanted.lock().extend(unknown);
            self.news.notify_one();
        }
    }

    /// True while this node has the lease of the upkeep.
    pub(crate) fn keeps_house(&self) -> bool {
        self.housekeeping.lock().as_ref().is_some_and(|lease| lease.is_valid())
    }

    /// Notes that an endpoint has answered 410.
    pub(super) fn note_gone(&self, endpoint: &Endpoint) {
        self.gone.lock().insert(endpoint.clone(), Instant::now());
    }

    /// The figures of all endpoints to which this node has delivered.
    pub(crate) fn figures(&self) -> Vec<EndpointFigures> {
        let couriers = self.couriers.lock();
        let figures = |(endpoint, counters): (&Endpoint, &Arc<EndpointCounters>)| EndpointFigures {
            endpoint: endpoint.clone(),
            delivered: counters.delivered.load(Relaxed),
            retried: counters.retried.load(Relaxed),
            given_up: counters.given_up.load(Relaxed),
            pending: couriers.get(endpoint).map(|active| active.pending),
        };
        let mut all: Vec<_> = self.counters.lock().iter().map(figures).collect();
        all.sort_unstable_by(|one, other| one.endpoint.cmp(&other.endpoint));
        all
    }

    fn can_deliver(&self, announcer: &Announcer, endpoint: &Endpoint) -> bool {
        if endpoint.name().is_none() {
            return true;
        }
        let mut gone = self.gone.lock();
        gone.retain(|_, since| since.elapsed() < GONE);
        announcer.app_of(endpoint).is_some() && !gone.contains_key(endpoint)
    }
}

/// Takes leases and runs couriers until the node stops and all couriers have ended.
pub(crate) async fn run(announcer: &Arc<Announcer>) {
    let mut couriers = JoinSet::new();
    let mut look = interval(LOOK);
    let mut renewed_at = Instant::now();
    while !announcer.stopping.is_cancelled() {
        let mut is_look = false;
        tokio::select! {
            _ = look.tick() => is_look = true,
            () = announcer.deliveries.news.notified() => {}
            Some(ended) = couriers.join_next() => {
                if let Ok(endpoint) = ended {
                    dismiss(announcer, endpoint).await;
                }
            }
            () = announcer.stopping.cancelled() => {}
        }
        if is_look && renewed_at.elapsed() >= lease::RENEWAL {
            renewed_at = Instant::now();
            if let Err(error) = renew(announcer).await {
                debug!(%error, "leases of webhook endpoints cannot be renewed");
            }
        }
        if let Err(error) = take_leases(announcer, &mut couriers, is_look).await {
            debug!(%error, "leases of webhook endpoints cannot be taken");
        }
    }
    while let Some(ended) = couriers.join_next().await {
        if let Ok(endpoint) = ended {
            dismiss(announcer, endpoint).await;
        }
    }
    if announcer.deliveries.housekeeping.lock().take().is_some() {
        release(announcer, &Endpoint::housekeeping()).await;
    }
}

async fn renew(announcer: &Announcer) -> Result<(), RegistryError> {
    let deliveries = &announcer.deliveries;
    if deliveries.couriers.lock().is_empty() && deliveries.housekeeping.lock().is_none() {
        return Ok(());
    }
    let asked = Moment::now();
    let node = announcer.node.to_string();
    let renewed = within(ANSWER_TIMEOUT, announcer.store.renew_leases(&node, lease::LENGTH)).await?;
    let renewed: HashMap<_, _> = renewed.into_iter().map(|lease| (lease.endpoint, lease.pending)).collect();
    for (endpoint, active) in deliveries.couriers.lock().iter_mut() {
        match renewed.get(endpoint) {
            Some(pending) => {
                active.pending = *pending;
                active.lease.renew(asked);
            }
            None => active.lease.end(),
        }
    }
    let mut housekeeping = deliveries.housekeeping.lock();
    match &*housekeeping {
        Some(lease) if renewed.contains_key(&Endpoint::housekeeping()) => lease.renew(asked),
        _ => *housekeeping = None,
    }
    Ok(())
}

/// Takes the leases of endpoints with new events. `is_look`: also those of endpoints to which no node delivers.
async fn take_leases(
    announcer: &Arc<Announcer>,
    couriers: &mut JoinSet<Endpoint>,
    is_look: bool,
) -> Result<(), RegistryError> {
    let deliveries = &announcer.deliveries;
    let mut wanted = std::mem::take(&mut *deliveries.wanted.lock());
    if is_look {
        deliveries.elsewhere.lock().clear();
    }
    wanted.retain(|endpoint| !deliveries.elsewhere.lock().contains(endpoint));
    if is_look && announcer.has_endpoints() {
        end_leases_of_the_dead(announcer).await?;
        wanted.extend(within(ANSWER_TIMEOUT, announcer.store.unleased()).await?);
    }
    let is_new = |endpoint: &Endpoint| !deliveries.couriers.lock().contains_key(endpoint);
    wanted.retain(|endpoint| is_new(endpoint) && deliveries.can_deliver(announcer, endpoint));
    if wanted.is_empty() {
        return Ok(());
    }
    let (asked, wanted) = (Moment::now(), wanted.into_iter().collect::<Vec<_>>());
    let node = announcer.node.to_string();
    let taken = within(ANSWER_TIMEOUT, announcer.store.take_leases(&node, &wanted, lease::LENGTH)).await?;
    let is_taken = |endpoint: &Endpoint| taken.iter().any(|lease| lease.endpoint == *endpoint);
    deliveries.elsewhere.lock().extend(wanted.into_iter().filter(|endpoint| !is_taken(endpoint)));
    for Lease { endpoint, pending } in taken {
        let lease = Arc::new(LeaseClock::new(asked));
        if endpoint.name().is_none() {
            *deliveries.housekeeping.lock() = Some(lease);
            continue;
        }
        let news = Arc::<News>::default();
        let counters = deliveries.counters.lock().entry(endpoint.clone()).or_default().clone();
        let active = Active { lease: lease.clone(), news: news.clone(), pending };
        deliveries.couriers.lock().insert(endpoint.clone(), active);
        let courier = Courier { announcer: announcer.clone(), endpoint: endpoint.clone(), lease, news, counters };
        couriers.spawn(async move {
            // It runs in a task of its own. After a panic a new courier takes over its lease.
            if let Err(error) = AbortOnDropHandle::new(tokio::spawn(courier::run(courier))).await {
                error!(?endpoint, %error, "delivering webhooks has failed, and begins again");
            }
            endpoint
        });
    }
    Ok(())
}

/// Ends the leases of nodes whose processes have ended, as far as this one can see.
async fn end_leases_of_the_dead(announcer: &Announcer) -> Result<(), RegistryError> {
    for node in within(ANSWER_TIMEOUT, announcer.store.lease_holders()).await? {
        if NodeName::parse(&node).is_some_and(|node| node.has_ended()) {
            debug!(node, "a node that delivered webhooks has ended");
            within(ANSWER_TIMEOUT, announcer.store.end_leases(&node)).await?;
        }
    }
    Ok(())
}

/// Gives back the lease of a courier that has ended.
async fn dismiss(announcer: &Announcer, endpoint: Endpoint) {
    let active = announcer.deliveries.couriers.lock().remove(&endpoint);
    if active.is_some_and(|active| active.lease.is_valid()) {
        release(announcer, &endpoint).await;
    }
    if announcer.app_of(&endpoint).is_none() {
        // If the endpoint was removed, its pending deliveries are discarded.
        announcer.note_doubt();
    }
}

async fn release(announcer: &Announcer, endpoint: &Endpoint) {
    let node = announcer.node.to_string();
    let released = announcer.store.release_leases(&node, std::slice::from_ref(endpoint));
    if !matches!(timeout(ANSWER_TIMEOUT, released).await, Ok(Ok(()))) {
        debug!(?endpoint, "a lease could not be given back, and ends by itself");
    }
}
