//! Random histories of nodes that observe one channel. Users join and leave. Nodes get their edges late, write them
//! late, lose their memory, and end. The announced events of a subject alternate between present and absent, and after
//! the last change they match the actual state.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::{Duration, Instant},
};

use clairon_protocol::{AppId, ChannelName, Limits, UserId};
use clairon_registry::{Announced, Observation, Subject};
use jiff::Timestamp;
use proptest::prelude::*;

use super::{ActualState, Cause, Handoff, Occupied, ReportContent, differences, members_first::members_first};
use crate::WebhookSettings;

const HISTORIES: u32 = 2_000;
const STEPS: usize = 80;
const NODES: usize = 2;
const USERS: [&str; 2] = ["ada", "bob"];
const LINGER: Duration = Duration::from_secs(3);
const STARTUP: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug)]
enum Step {
    Join {
        node: usize,
        user: usize,
    },
    Leave {
        node: usize,
        user: usize,
    },
    /// A node gets its edges so far.
    Hear {
        node: usize,
    },
    Write {
        node: usize,
    },
    Wait {
        milliseconds: u64,
    },
    /// A node ends and is started again.
    Crash {
        node: usize,
    },
    /// The hand-off of a node is full.
    Overflow {
        node: usize,
    },
    /// A node compares the announced state with the actual state.
    Reconcile {
        node: usize,
    },
}

fn step(nodes: usize, has_faults: bool) -> impl Strategy<Value = Step> {
    let faults = u32::from(has_faults);
    let user = 0..USERS.len();
    prop_oneof![
        30 => (0..nodes, user.clone()).prop_map(|(node, user)| Step::Join { node, user }),
        30 => (0..nodes, user).prop_map(|(node, user)| Step::Leave { node, user }),
        20 => (0..nodes).prop_map(|node| Step::Hear { node }),
        20 => (0..nodes).prop_map(|node| Step::Write { node }),
        20 => (0..5_000_u64).prop_map(|milliseconds| Step::Wait { milliseconds }),
        2 * faults => (0..nodes).prop_map(|node| Step::Crash { node }),
        2 * faults => (0..nodes).prop_map(|node| Step::Overflow { node }),
        2 * faults => (0..nodes).prop_map(|node| Step::Reconcile { node }),
    ]
}

/// An edge that a node has not got yet.
type Unheard = (Subject, bool, u64, Cause);

struct World {
    nodes: Vec<Node>,
    version: u64,
    /// The first version of a lone server that has not looked at what endpoints know.
    first_version: Option<u64>,
    now: Instant,
    started: Instant,
    /// The announced state: the store.
    known: HashMap<Subject, (bool, u64)>,
    /// The announced events, in their order.
    told: Vec<(Subject, bool)>,
    /// When each subject has changed.
    changes: BTreeMap<String, Vec<(Duration, bool)>>,
}

struct Node {
    handoff: Handoff,
    /// How many connections each user has here.
    connections: HashMap<usize, usize>,
    unheard: Vec<Unheard>,
}

fn app() -> AppId {
    AppId::parse("1").unwrap()
}

fn channel() -> ChannelName {
    ChannelName::parse("presence-c", &Limits::default()).unwrap()
}

fn member(user: usize) -> Subject {
    Subject::Member(UserId::from(USERS[user]))
}

impl Node {
    fn new(is_alone: bool) -> Self {
        let settings = WebhookSettings { linger: LINGER, startup: STARTUP, ..WebhookSettings::default() };
        Self { handoff: Handoff::new(&settings, is_alone), connections: HashMap::new(), unheard: Vec::new() }
    }
}

impl World {
    fn new(nodes: usize) -> Self {
        let now = Instant::now();
        Self {
            nodes: (0..nodes).map(|_| Node::new(nodes == 1)).collect(),
            version: 0,
            first_version: None,
            now,
            started: now,
            known: HashMap::new(),
            told: Vec::new(),
            changes: BTreeMap::new(),
        }
    }

    fn is_alone(&self) -> bool {
        self.nodes.len() == 1
    }

    /// The users with a connection on any node.
    fn users(&self) -> BTreeSet<usize> {
        let users = self.nodes.iter().flat_map(|node| node.connections.iter());
        users.filter(|(_, count)| **count > 0).map(|(user, _)| *user).collect()
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Join { node, user } => {
                self.change(node, Cause::Left, |world| *world.nodes[node].connections.entry(user).or_default() += 1);
            }
            Step::Leave { node, user } => self.change(node, Cause::Left, |world| {
                let count = world.nodes[node].connections.entry(user).or_default();
                *count = count.saturating_sub(1);
            }),
            Step::Hear { node } => self.hear(node),
            Step::Write { node } => self.write(node),
            Step::Wait { milliseconds } => self.now += Duration::from_millis(milliseconds),
            Step::Crash { node } => self.crash(node),
            Step::Overflow { node } => self.nodes[node].handoff.lose(&app()),
            Step::Reconcile { node } => self.reconcile(node),
        }
    }

    /// Changes connections. A lone node gets the edges at once, other nodes later.
    fn change(&mut self, node: usize, cause: Cause, change: impl FnOnce(&mut Self)) {
        let before = self.users();
        change(self);
        let after = self.users();
        let mut edges = Vec::new();
        if before.is_empty() && !after.is_empty() {
            edges.push((Subject::Channel, true));
        }
        edges.extend(after.difference(&before).map(|user| (member(*user), true)));
        edges.extend(before.difference(&after).map(|user| (member(*user), false)));
        if !before.is_empty() && after.is_empty() {
            edges.push((Subject::Channel, false));
        }
        for (subject, is_present) in edges {
            self.version += 1;
            let changes = self.changes.entry(format!("{subject:?}")).or_default();
            changes.push((self.now - self.started, is_present));
            self.nodes[node].unheard.push((subject, is_present, self.version, cause));
        }
        if self.is_alone() {
            self.hear(node);
        }
    }

    fn hear(&mut self, node: usize) {
        for (subject, is_present, version, cause) in std::mem::take(&mut self.nodes[node].unheard) {
            self.observe(node, Observation { subject, is_present, version }, cause);
        }
    }

    fn observe(&self, node: usize, observation: Observation, cause: Cause) {
        let at = Timestamp::UNIX_EPOCH;
        self.nodes[node].handoff.observe((&app(), &channel()), observation, cause, at, self.now);
    }

    fn write(&mut self, node: usize) {
        let batch = self.nodes[node].handoff.take(self.now, 3, usize::MAX);
        let known = HashMap::from([((app(), channel()), self.announced())]);
        for report in members_first(batch, known) {
            let ReportContent::Observed { observation, is_silent: false } = report.content else {
                panic!("an observation")
            };
            let mut known = self.known.get(&observation.subject).copied();
            if observation.learn(&mut known) {
                self.told.push((observation.subject.clone(), observation.is_present));
            }
            self.known.insert(observation.subject, known.expect("it is known now"));
        }
    }

    fn announced(&self) -> Vec<Announced> {
        let known = self.known.iter().filter(|(_, (is_present, _))| *is_present);
        let announced = |(subject, (_, version)): (&Subject, &(bool, u64))| Announced {
            cursor: String::new(),
            channel: channel(),
            subject: subject.clone(),
            version: *version,
        };
        known.map(announced).collect()
    }

    fn crash(&mut self, node: usize) {
        if self.is_alone() {
            let changed = self.now - self.started;
            for user in self.users() {
                self.changes.entry(format!("{:?}", member(user))).or_default().push((changed, false));
            }
            self.nodes[0] = Node::new(true);
            self.version += 1;
            self.first_version = Some(self.version);
            return;
        }
        // Another node removes what it has left in the ledger.
        let other = (node + 1) % NODES;
        self.change(other, Cause::NodeGone, |world| world.nodes[node].connections.clear());
        self.nodes[node] = Node { connections: HashMap::new(), ..Node::new(false) };
    }

    /// After the start of a lone server, everything announced is absent unless it has returned.
    fn begin(&mut self) {
        let Some(version) = self.first_version.take() else { return };
        for (_, observation) in differences(&self.announced(), &ActualState { version, channels: Vec::new() }) {
            self.observe(0, observation, Cause::NodeGone);
        }
    }

    /// Compares the announced state with the actual state.
    fn reconcile(&mut self, node: usize) {
        self.begin();
        self.nodes[node].handoff.take_incomplete();
        self.version += 1;
        let version = self.version;
        let members: Vec<_> = self.users().into_iter().map(|user| UserId::from(USERS[user])).collect();
        let channels =
            if members.is_empty() { Vec::new() } else { vec![Occupied { name: channel(), version, members }] };
        for (_, observation) in differences(&self.announced(), &ActualState { version, channels }) {
            self.observe(node, observation, Cause::NodeGone);
        }
    }

    /// Finishes all pending steps without further faults.
    fn rest(&mut self) {
        self.rest_with(true);
    }

    fn rest_with(&mut self, compares: bool) {
        self.begin();
        for round in 0..3 {
            for node in 0..self.nodes.len() {
                self.hear(node);
                if compares && round > 0 {
                    self.reconcile(node);
                }
            }
            for pause in [Duration::ZERO, STARTUP] {
                self.now += pause;
                for node in 0..self.nodes.len() {
                    while self.nodes[node].handoff.next(self.now).is_some_and(|next| next <= self.now) {
                        self.write(node);
                    }
                }
            }
        }
    }

    fn told(&self, subject: &Subject) -> Vec<bool> {
        self.told.iter().filter(|(told, _)| told == subject).map(|(_, is_present)| *is_present).collect()
    }

    fn check_told(&self) {
        let mut members = BTreeSet::new();
        for (subject, is_present) in &self.told {
            match (subject, is_present) {
                (Subject::Member(user), true) => assert!(members.insert(user.to_string()), "{user} is added twice"),
                (Subject::Member(user), false) => assert!(members.remove(user.as_str()), "{user} was not there"),
                // A node that hears of its edges very late may not have said that the channel is occupied again.
                (_, false) if self.is_alone() => assert_eq!(members, BTreeSet::new(), "members of a vacated channel"),
                _ => {}
            }
        }
        let of_channel = self.told(&Subject::Channel);
        assert!(of_channel.iter().enumerate().all(|(index, is_present)| *is_present == (index % 2 == 0)));
    }

    fn check_rest(&self) {
        self.check_told();
        let mut expected: BTreeSet<_> = self.users().into_iter().map(|user| format!("{:?}", member(user))).collect();
        if !expected.is_empty() {
            expected.insert(format!("{:?}", Subject::Channel));
        }
        let known: BTreeSet<_> = self.announced().iter().map(|known| format!("{:?}", known.subject)).collect();
        assert_eq!(known, expected);
    }

    /// The expected events of a subject: an absence counts only if it outlasts the linger.
    fn expected(&self, subject: &Subject) -> Vec<bool> {
        let changes = self.changes.get(&format!("{subject:?}")).cloned().unwrap_or_default();
        let mut expected = Vec::new();
        for (index, (at, is_present)) in changes.iter().enumerate() {
            let next = changes.get(index + 1).map(|(next, _)| *next);
            if *is_present {
                if expected.last() != Some(&true) {
                    expected.push(true);
                }
            } else if next.is_none_or(|next| next >= *at + LINGER) {
                expected.push(false);
            }
        }
        expected
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: HISTORIES, ..ProptestConfig::default() })]

    #[test]
    fn without_other_nodes_exactly_what_lasts_is_told(steps in prop::collection::vec(step(1, false), 1..STEPS)) {
        let mut world = World::new(1);
        for step in steps {
            world.step(step);
        }
        world.rest();
        world.check_rest();
        for subject in [Subject::Channel, member(0), member(1)] {
            prop_assert_eq!(world.told(&subject), world.expected(&subject), "{:?}", subject);
        }
    }

    #[test]
    fn through_crashes_and_overflows_what_is_told_becomes_true(steps in prop::collection::vec(step(1, true), 1..STEPS)) {
        let mut world = World::new(1);
        for step in steps {
            world.step(step);
            world.check_told();
        }
        world.rest();
        world.check_rest();
    }

    /// Only a hand-off that was full needs a comparison.
    #[test]
    fn a_start_needs_no_comparison(steps in prop::collection::vec(step(1, true), 1..STEPS)) {
        let mut world = World::new(1);
        for step in steps {
            match step {
                Step::Overflow { .. } => world.crash(0),
                Step::Reconcile { .. } => world.begin(),
                step => world.step(step),
            }
        }
        world.rest_with(false);
        world.check_rest();
    }

    #[test]
    fn over_several_nodes_what_is_told_becomes_true(steps in prop::collection::vec(step(NODES, true), 1..STEPS)) {
        let mut world = World::new(NODES);
        for step in steps {
            world.step(step);
            world.check_told();
        }
        world.rest();
        world.check_rest();
    }
}
