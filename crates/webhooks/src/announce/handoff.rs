//! The hand-off from the hot path to the writer.

use std::{
    collections::{HashSet, VecDeque},
    time::Instant,
};

use clairon_protocol::{AppId, ChannelName};
use clairon_registry::Observation;
use jiff::Timestamp;
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;

use super::{
    lingering::Lingering,
    report::{Cause, ChannelReport, Key, ReportContent},
};
use crate::WebhookSettings;

/// The largest number of reports that wait for the writer.
pub(crate) const ENTRIES: usize = 65_536;
/// The largest total size of their texts, in bytes.
pub(crate) const BYTES: usize = 64 << 20;
/// The largest number of absences that one step moves to the queue.
const DUE: usize = 1_024;

/// The bounded queue of reports for the writer, and the absences that linger.
///
/// The hot path never waits. A report that does not fit is counted and dropped. A dropped observation is recovered
/// later, when the app's channels are compared with the announced state. A dropped client event, cache miss or count is
/// lost.
#[derive(Debug)]
pub(crate) struct Handoff {
    /// True if no other node observes the same channels.
    is_alone: bool,
    state: Mutex<State>,
    arrived: Notify,
}

#[derive(Debug)]
struct State {
    /// In the order of time. An absence is added when it is due.
    queue: VecDeque<ChannelReport>,
    bytes: usize,
    lingering: Lingering,
    /// The time at which the writer wakes up by itself. `None`: it sleeps until something arrives.
    sleeps_until: Option<Instant>,
    /// Apps with dropped observations. Their further observations are dropped too: one comparison recovers all of them.
    incomplete: HashSet<AppId>,
    lost: Lost,
}

/// The numbers of dropped reports since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lost {
    /// Observations, which a comparison recovers.
    pub(crate) observations: u64,
    /// Client events, cache misses and subscription counts, which are lost.
    pub(crate) events: u64,
}

/// The fill level of the hand-off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HandoffFigures {
    /// Reports that wait for the writer.
    pub waiting: usize,
    /// The largest number of waiting reports.
    pub capacity: usize,
    /// The size of their texts, in bytes.
    pub bytes: usize,
    /// The largest size of their texts, in bytes.
    pub capacity_bytes: usize,
    /// Absences that linger.
    pub lingering: usize,
    /// Observations that were dropped since the start. A comparison recovers them.
    pub lost_observations: u64,
    /// Events that were dropped since the start. They are lost.
    pub lost_events: u64,
}

impl Handoff {
    pub(crate) fn new(settings: &WebhookSettings, is_alone: bool) -> Self {
        let state = State {
            queue: VecDeque::new(),
            bytes: 0,
            lingering: Lingering::new(settings.linger, settings.startup),
            sleeps_until: None,
            incomplete: HashSet::new(),
            lost: Lost::default(),
        };
        Self { is_alone, state: Mutex::new(state), arrived: Notify::new() }
    }

    /// Takes an observation of a channel or a member. An absence lingers. A presence that follows in that time cancels
    /// it. On a lone node the presence is then dropped too, because both together change nothing.
    pub(crate) fn observe(
        &self,
        (app, channel): (&AppId, &ChannelName),
        observation: Observation,
        cause: Cause,
        at: Timestamp,
        now: Instant,
    ) {
        let key = Key { app: app.clone(), channel: channel.clone(), subject: observation.subject.clone() };
        let mut state = self.state.lock();
        state.add_due(self.is_alone, now);
        if state.incomplete.contains(app) {
            state.lost.observations += 1;
            return;
        }
        let fits = if observation.is_present {
            // On a lone node, an absence of cause `Left` follows an announced presence, and nothing happened in
            // between. An absence of another cause comes from a comparison, so this does not hold for it.
            if state.lingering.cancel(&key, observation.version) == Some(Cause::Left) && self.is_alone {
                return;
            }
            let place = (!self.is_alone).then_some(observation.version);
            let content = ReportContent::Observed { observation, is_silent: false };
            state.push(ChannelReport { app: app.clone(), channel: channel.clone(), at, place, content })
        } else {
            state.lingering.add(key, observation.version, at, cause, now)
        };
        if !fits {
            state.lose(app);
        }
        self.wake(state, now);
    }

    /// Takes a report that does not linger.
    pub(crate) fn push(&self, report: ChannelReport, now: Instant) {
        let mut state = self.state.lock();
        state.add_due(self.is_alone, now);
        let app = report.app.clone();
        let is_observation = matches!(report.content, ReportContent::Observed { .. });
        if !state.push(report) {
            if is_observation {
                state.lose(&app);
            } else {
                state.lost.events += 1;
            }
        }
        self.wake(state, now);
    }

    /// Wakes the writer if it would otherwise sleep too long.
    fn wake(&self, mut state: MutexGuard<'_, State>, now: Instant) {
        let next = state.next(now);
        let is_early = next.is_some_and(|next| state.sleeps_until.is_none_or(|until| next < until));
        if is_early {
            state.sleeps_until = next;
            drop(state);
            self.arrived.notify_one();
        }
    }

    /// Takes the next reports for the writer, including the absences that are due.
    pub(crate) fn take(&self, now: Instant, limit: usize, most_bytes: usize) -> Vec<ChannelReport> {
        let mut state = self.state.lock();
        state.add_due(self.is_alone, now);
        let (mut taken, mut bytes) = (Vec::new(), 0);
        while taken.len() < limit
            && bytes < most_bytes
            && let Some(report) = state.queue.pop_front()
        {
            bytes += report.bytes();
            taken.push(report);
        }
        state.bytes -= bytes;
        taken
    }

    /// The next time at which there is something to take. `None`: not before something arrives, which wakes the writer.
    pub(crate) fn next(&self, now: Instant) -> Option<Instant> {
        let mut state = self.state.lock();
        state.sleeps_until = state.next(now);
        state.sleeps_until
    }

    /// Waits until something has arrived.
    pub(crate) async fn arrived(&self) {
        self.arrived.notified().await;
    }

    /// Takes the apps with dropped observations, which now have to be compared. Their observations are accepted again.
    pub(crate) fn take_incomplete(&self) -> Vec<AppId> {
        let mut state = self.state.lock();
        // While the queue is nearly full, the differences that a comparison finds would not fit either.
        if state.queue.len() > ENTRIES / 2 { Vec::new() } else { state.incomplete.drain().collect() }
    }

    /// Acts as if an observation of an app did not fit.
    #[cfg(test)]
    pub(super) fn lose(&self, app: &AppId) {
        self.state.lock().lose(app);
    }

    pub(crate) fn figures(&self) -> HandoffFigures {
        let state = self.state.lock();
        HandoffFigures {
            waiting: state.queue.len(),
            capacity: ENTRIES,
            bytes: state.bytes,
            capacity_bytes: BYTES,
            lingering: state.lingering.len(),
            lost_observations: state.lost.observations,
            lost_events: state.lost.events,
        }
    }
}

impl State {
    /// False if it does not fit.
    fn push(&mut self, report: ChannelReport) -> bool {
        let bytes = report.bytes();
        let fits = self.queue.len() < ENTRIES && self.bytes + bytes <= BYTES;
        if fits {
            self.bytes += bytes;
            self.queue.push_back(report);
        }
        fits
    }

    /// Moves the absences that are due to the queue. A presence that follows cannot cancel them any more, even if the
    /// writer still waits for the database.
    fn add_due(&mut self, is_alone: bool, now: Instant) {
        while self.lingering.next_due().is_some_and(|due| due <= now) {
            for (Key { app, channel, subject }, absence) in self.lingering.take_due(now, DUE) {
                let place = (!is_alone).then_some(absence.place);
                let observation = Observation { subject, is_present: false, version: absence.version };
                let content = ReportContent::Observed { observation, is_silent: false };
                if !self.push(ChannelReport { app: app.clone(), channel, at: absence.at, place, content }) {
                    self.lose(&app);
                }
            }
        }
    }

    /// Notes that an observation of an app did not fit.
    fn lose(&mut self, app: &AppId) {
        self.lost.observations += 1;
        self.lingering.forget(app);
        self.incomplete.insert(app.clone());
    }

    fn next(&self, now: Instant) -> Option<Instant> {
        // Anything in the queue is to be written at once.
        if self.queue.is_empty() { self.lingering.next_due() } else { Some(now) }
    }
}

#[cfg(test)]
mod tests {
    use clairon_protocol::Limits;
    use clairon_registry::Subject;

    use super::*;

    fn place() -> (AppId, ChannelName) {
        (AppId::parse("1").unwrap(), ChannelName::parse("a", &Limits::default()).unwrap())
    }

    fn handoff(is_alone: bool) -> Handoff {
        Handoff::new(&WebhookSettings::default(), is_alone)
    }

    fn observe(handoff: &Handoff, is_present: bool, version: u64, now: Instant) {
        let (app, channel) = place();
        let observation = Observation { subject: Subject::Channel, is_present, version };
        handoff.observe((&app, &channel), observation, Cause::Left, Timestamp::UNIX_EPOCH, now);
    }

    fn client_event(bytes: usize) -> ChannelReport {
        let (app, channel) = place();
        let content = ReportContent::ClientEvent("x".repeat(bytes).into());
        ChannelReport { app, channel, at: Timestamp::UNIX_EPOCH, place: None, content }
    }

    fn versions(taken: &[ChannelReport]) -> Vec<(bool, u64)> {
        let version = |report: &ChannelReport| match &report.content {
            ReportContent::Observed { observation, .. } => Some((observation.is_present, observation.version)),
            _ => None,
        };
        taken.iter().filter_map(version).collect()
    }

    #[test]
    fn who_comes_back_is_not_written_where_there_are_no_other_nodes() {
        let now = Instant::now();
        for (is_alone, expected) in [(true, vec![(true, 1)]), (false, vec![(true, 1), (true, 3)])] {
            let handoff = handoff(is_alone);
            for (is_present, version) in [(true, 1), (false, 2), (true, 3)] {
                observe(&handoff, is_present, version, now);
            }
            let late = now + WebhookSettings::default().linger;
            assert_eq!(versions(&handoff.take(late, 9, BYTES)), expected);
            assert_eq!(handoff.next(now), None);
        }
    }

    #[test]
    fn a_batch_is_bounded() {
        let (handoff, now) = (handoff(true), Instant::now());
        assert_eq!(handoff.next(now), None);
        observe(&handoff, false, 1, now);
        let linger = WebhookSettings::default().linger;
        assert_eq!(handoff.next(now), Some(now + linger));
        for _ in 0..3 {
            handoff.push(client_event(10), now);
        }
        assert!(handoff.next(now).unwrap() <= now);
        let empty = HandoffFigures { capacity: ENTRIES, capacity_bytes: BYTES, ..HandoffFigures::default() };
        let figures = HandoffFigures { waiting: 3, bytes: 30, lingering: 1, ..empty };
        assert_eq!(handoff.figures(), figures);
        assert_eq!(handoff.take(now + linger, 9, 15).len(), 2);
        assert_eq!(handoff.take(now, 1, BYTES).len(), 1);
        assert_eq!(versions(&handoff.take(now, 9, BYTES)), [(false, 1)]);
        assert_eq!(handoff.figures(), empty);
    }

    #[test]
    fn an_absence_that_was_long_enough_counts_though_the_writer_waits() {
        let (handoff, now) = (handoff(true), Instant::now());
        let linger = WebhookSettings::default().linger;
        observe(&handoff, true, 1, now);
        observe(&handoff, false, 2, now);
        observe(&handoff, true, 3, now + linger);
        observe(&handoff, false, 4, now + linger);
        observe(&handoff, true, 5, now + linger);
        assert_eq!(versions(&handoff.take(now + linger, 9, BYTES)), [(true, 1), (false, 2), (true, 3)]);
    }

    #[tokio::test]
    async fn the_writer_is_woken_for_what_comes_earlier_than_it_expects() {
        let (handoff, now) = (handoff(true), Instant::now());
        let is_woken = async || tokio::time::timeout(std::time::Duration::ZERO, handoff.arrived()).await.is_ok();
        handoff.next(now);
        observe(&handoff, false, 1, now);
        assert!(is_woken().await);
        handoff.next(now);
        observe(&handoff, true, 2, now);
        observe(&handoff, false, 3, now + std::time::Duration::from_secs(1));
        assert!(!is_woken().await, "it looks again by itself");
        handoff.push(client_event(0), now);
        assert!(is_woken().await);
    }

    #[test]
    fn what_does_not_fit_is_counted_and_observations_are_made_up_for() {
        let (handoff, now) = (handoff(true), Instant::now());
        for _ in 0..ENTRIES {
            handoff.push(client_event(0), now);
        }
        handoff.push(client_event(0), now);
        observe(&handoff, false, 1, now);
        observe(&handoff, true, 4, now);
        assert_eq!(handoff.take_incomplete(), [], "the absence is cancelled, and there is room for it");
        for version in 5..8 {
            observe(&handoff, version % 2 == 1, version, now);
        }
        let figures = handoff.figures();
        assert_eq!((figures.lost_observations, figures.lost_events, figures.lingering), (3, 1, 0));
        assert_eq!(handoff.take_incomplete(), [], "it is still full");
        assert_eq!(handoff.take(now, ENTRIES, BYTES).len(), ENTRIES);
        assert_eq!((handoff.take_incomplete(), handoff.take_incomplete()), (vec![place().0], vec![]));
        observe(&handoff, true, 9, now);
        assert_eq!(versions(&handoff.take(now, 9, BYTES)), [(true, 9)]);

        handoff.push(client_event(BYTES), now);
        handoff.push(client_event(1), now);
        assert_eq!((handoff.figures().bytes, handoff.figures().lost_events), (BYTES, 2));
    }
}
