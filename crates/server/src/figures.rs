//! The figures of the last hour, for the overview of the dashboard: sampled every ten seconds, in memory. They are
//! those of all nodes, while the others tell this one theirs.

mod counters;
mod other_nodes;
mod series;

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use clairon_hub::{AppHub, Millis};
use clairon_protocol::AppId;
use jiff::Timestamp;
use parking_lot::Mutex;

pub use self::series::{STEPS, Sample};
pub(crate) use self::{counters::Counters, other_nodes::NodeCounters};
use self::{other_nodes::OtherNodes, series::Series};
use crate::{background::ticks, node::Node, node_status};

/// The time between two samples.
pub const STEP: Duration = Duration::from_secs(10);

/// The largest number of apps with samples of their own. Those of an app take 8 KiB.
const APPS: usize = 1_000;

/// The samples of the last hour.
#[derive(Debug, Default)]
pub struct RecentFigures(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    /// The time of the last sample.
    until: Option<Timestamp>,
    /// All apps together.
    all: Series,
    apps: HashMap<AppId, Series>,
    others: OtherNodes,
    /// True for each step in which the other nodes were not heard, so that its samples are those of this node alone.
    unheard: VecDeque<bool>,
    /// True if the samples of an app were dropped, or not begun with its traffic. An app that is new here may have had
    /// traffic before then.
    is_incomplete: bool,
}

/// The figures of now: of the current step and the one before, with the refusals of the last minute.
#[derive(Debug)]
pub struct CurrentFigures {
    /// All apps together.
    pub all: Sample,
    /// The apps that have had traffic.
    pub apps: HashMap<AppId, Sample>,
}

/// The samples of an hour.
#[derive(Debug)]
pub struct History {
    /// The time of the last sample.
    pub until: Timestamp,
    /// The samples, the oldest first. It is shorter than [`STEPS`] during the first hour. If the figures cover all
    /// nodes now, a step in which the others were not heard has none.
    pub samples: Vec<Option<Sample>>,
}

impl RecentFigures {
    /// The figures of now, of apps that have had traffic.
    pub fn current(&self, hubs: &[(AppId, Arc<AppHub>)], now: Millis) -> CurrentFigures {
        let table = self.0.lock();
        let mut all = Counters::default();
        let mut apps = HashMap::new();
        for (id, counters) in table.others.join(counted(hubs)) {
            all += counters;
            let current = match table.apps.get(&id) {
                Some(series) => series.current(&counters, now),
                // The traffic since the last sample, unless the app has no room in the table.
                None if table.is_incomplete => {
                    Sample::of(&Counters { connections: counters.connections, ..Counters::default() }, 0)
                }
                None => table.all.like_new().current(&counters, now),
            };
            apps.insert(id, current);
        }
        CurrentFigures { all: table.all.current(&all, now), apps }
    }

    /// The samples of an app, or of all together; `None` before the first sample.
    pub fn history(&self, app: Option<&AppId>) -> Option<History> {
        let table = self.0.lock();
        let until = table.until?;
        let steps = table.all.samples().len();
        let samples: Vec<_> = match app {
            None => table.all.samples().collect(),
            Some(id) => {
                let own: Vec<_> = table.apps.get(id).into_iter().flat_map(Series::samples).collect();
                let before = steps.saturating_sub(own.len());
                // Before its first traffic an app has none.
                [vec![Sample::default(); before], own].concat()
            }
        };
        let is_gap = |unheard: bool| unheard && table.others.are_known();
        let samples = samples.into_iter().zip(&table.unheard);
        Some(History {
            until,
            samples: samples.map(|(sample, unheard)| (!is_gap(*unheard)).then_some(sample)).collect(),
        })
    }

    /// Takes the counters of the other nodes, by their ids; `None` for a node that tells none.
    pub(crate) fn note_others(&self, nodes: Vec<(String, Option<NodeCounters>)>) {
        self.0.lock().others.note(nodes);
    }

    /// True if the figures cover all other nodes, as far as they were noted last.
    pub fn cover_others(&self) -> bool {
        self.0.lock().others.are_known()
    }

    fn sample(&self, hubs: &[(AppId, Arc<AppHub>)], now: Millis, time: Timestamp) {
        let mut table = self.0.lock();
        let counters = table.others.join(counted(hubs));
        table.sample(counters.into_iter(), now, time);
    }
}

impl Table {
    fn sample(&mut self, apps: impl Iterator<Item = (AppId, Counters)>, now: Millis, time: Timestamp) {
        let mut all = Counters::default();
        let begun = self.all.like_new();
        for (id, counters) in apps {
            all += counters;
            if !self.apps.contains_key(&id) {
                if self.apps.len() >= APPS && !self.make_room() {
                    self.is_incomplete = true;
                    continue;
                }
                let mut series = begun.clone();
                if self.is_incomplete {
                    series.begin(counters);
                }
                self.apps.insert(id.clone(), series);
            }
            if let Some(series) = self.apps.get_mut(&id) {
                series.push(counters, now);
            }
        }
        self.all.push(all, now);
        if self.unheard.len() == STEPS {
            self.unheard.pop_front();
        }
        self.unheard.push_back(!self.others.are_known());
        self.until = Some(time);
    }

    /// Drops the samples of an app that had no traffic in the whole hour. False if there is none.
    fn make_room(&mut self) -> bool {
        let quiet = self.apps.iter().find(|(_, series)| series.is_quiet()).map(|(id, _)| id.clone());
        let has_room = quiet.is_some_and(|id| self.apps.remove(&id).is_some());
        self.is_incomplete |= has_room;
        has_room
    }
}

/// The counters of all apps that have had traffic or refusals.
fn counted(hubs: &[(AppId, Arc<AppHub>)]) -> impl Iterator<Item = (AppId, Counters)> {
    let with_traffic = hubs.iter().filter(|(_, hub)| hub.traffic().has_any() || hub.traffic().refused() > 0);
    with_traffic.map(|(id, hub)| (id.clone(), Counters::of(hub.traffic())))
}

/// Takes a sample every ten seconds, as long as the server runs and operators can see the figures.
pub(crate) async fn keep(node: &Node) {
    let mut ticks = ticks(STEP);
    // The first tick is immediate.
    ticks.tick().await;
    loop {
        ticks.tick().await;
        if node.operators.can_sign_in() {
            let _ = node_status::others(node).await;
            node.figures.sample(&node.hub.apps(), node.clock.now(), Timestamp::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app(number: usize) -> AppId {
        AppId::parse(&number.to_string()).unwrap()
    }

    fn counters(connections: u64, messages: u64) -> Counters {
        Counters { connections, messages, ..Counters::default() }
    }

    fn at(step: usize) -> (Millis, Timestamp) {
        let seconds = 10 * step as u64;
        (seconds * 1_000, Timestamp::from_second(seconds.cast_signed()).unwrap())
    }

    fn sample(figures: &RecentFigures, step: usize, apps: &[(usize, Counters)]) {
        let (now, time) = at(step);
        figures.0.lock().sample(apps.iter().map(|(number, counters)| (app(*number), *counters)), now, time);
    }

    #[test]
    fn an_hour_is_kept_of_each_app_and_of_all() {
        let figures = RecentFigures::default();
        assert!(figures.history(None).is_none());
        for step in 1..=STEPS + 10 {
            let mut apps = vec![(1, counters(2, 100 * step as u64))];
            if step > STEPS {
                apps.push((2, counters(3, 50 * (step - STEPS) as u64)));
            }
            sample(&figures, step, &apps);
        }
        let (all, first) = (figures.history(None).unwrap(), figures.history(Some(&app(1))).unwrap());
        let (second, unknown) = (figures.history(Some(&app(2))).unwrap(), figures.history(Some(&app(3))).unwrap());
        for history in [&all, &first, &second, &unknown] {
            assert_eq!((history.samples.len(), history.until), (STEPS, at(STEPS + 10).1));
        }
        let rates = |history: &History, step: usize| {
            let sample = history.samples[step].unwrap();
            (sample.connections, sample.messages)
        };
        assert_eq!((rates(&first, 0), rates(&first, STEPS - 1)), ((2, 100), (2, 100)));
        assert_eq!((rates(&all, STEPS - 11), rates(&all, STEPS - 10)), ((2, 100), (5, 150)));
        // It began with the second app's first message.
        assert_eq!((rates(&second, STEPS - 11), rates(&second, STEPS - 10)), ((0, 0), (3, 50)));
        assert_eq!(rates(&unknown, STEPS - 1), (0, 0));
    }

    #[test]
    fn memory_is_bounded() {
        let figures = RecentFigures::default();
        let many: Vec<_> = (0..APPS + 5).map(|number| (number, counters(1, 1_000))).collect();
        sample(&figures, 1, &many);
        let table = |figures: &RecentFigures| figures.0.lock().apps.len();
        assert_eq!(table(&figures), APPS);
        let all = figures.history(None).unwrap();
        assert_eq!(all.samples[0].unwrap().connections as usize, APPS + 5, "all are in the sum");
        // After an hour without traffic an app makes room. What another one had before is not of its first step.
        for step in 2..=STEPS + 2 {
            sample(&figures, step, &[(0, counters(0, 1_000))]);
        }
        sample(&figures, STEPS + 3, &[(APPS + 1, counters(1, 9_000))]);
        assert_eq!(table(&figures), APPS);
        let history = figures.history(Some(&app(APPS + 1))).unwrap();
        assert_eq!(history.samples[STEPS - 1], Some(Sample { connections: 1, ..Sample::default() }));
    }

    #[test]
    fn a_time_in_which_other_nodes_were_not_heard_is_a_gap_among_figures_of_all() {
        let figures = RecentFigures::default();
        let connections = || {
            let samples = figures.history(Some(&app(1))).unwrap().samples;
            samples.into_iter().map(|sample| sample.map(|sample| sample.connections)).collect::<Vec<_>>()
        };
        for (step, is_heard) in [(1, true), (2, false), (3, true)] {
            figures.note_others(if is_heard { Vec::new() } else { vec![("other".to_owned(), None)] });
            sample(&figures, step, &[(1, counters(step as u64, 0))]);
        }
        assert_eq!(connections(), [Some(1), None, Some(3)]);
        figures.note_others(vec![("other".to_owned(), None)]);
        assert_eq!(connections(), [Some(1), Some(2), Some(3)], "these are the figures of this node");
    }
}
