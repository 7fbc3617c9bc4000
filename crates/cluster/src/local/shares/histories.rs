//! Random histories of two nodes over a ledger in memory: clients come and go, answers are lost, nodes are declared
//! dead, crash and come back, Redis loses its data. At rest the ledger has exactly what is true on the nodes.

use std::collections::{HashMap, HashSet};

use clairon_protocol::{AppId, ChannelName, Edge, Limits, Member, NoRoom, PresenceRoom, StampedEdge, UserId};
use proptest::prelude::*;

use super::{
    memory_ledger::{MemoryLedger, RecordedShare},
    *,
};
use crate::ledger::ChangeReply;

const HISTORIES: u32 = 2_000;
const STEPS: usize = 80;
const NODES: usize = 2;
const CHANNELS: [&str; 2] = ["presence-room", "news"];
const USERS: [&str; 3] = ["ada", "bob", "cem"];
/// Fewer than there are users, so that some are refused.
const MAX_MEMBERS: usize = 2;
/// Fewer than there are channels, so that a batch does not contain everything.
const BATCH: usize = 1;
/// More batches than a node ever needs to come to rest.
const MOST_BATCHES: usize = 50;

#[derive(Clone, Copy, Debug)]
enum Step {
    Join { node: usize, channel: usize, user: usize },
    Leave { node: usize, client: usize },
    Send { node: usize, fate: Fate },
    Receive { node: usize },
    Subscribe { node: usize },
    Gap { node: usize },
    DeclareDead { node: usize },
    Reap,
    Crash { node: usize },
    LoseData,
    LoseRecords,
}

/// What becomes of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Fate {
    /// The ledger makes the changes at once. The answers come when they are received.
    #[default]
    Made,
    /// The ledger makes the changes just before the answers are received.
    MadeLate,
    AnswersLost,
    RequestsLost,
}

fn step() -> impl Strategy<Value = Step> {
    let fates = [Fate::Made, Fate::Made, Fate::Made, Fate::MadeLate, Fate::AnswersLost, Fate::RequestsLost];
    let fate = prop::sample::select(fates.to_vec());
    prop_oneof![
        30 => (0..NODES, 0..CHANNELS.len(), 0..USERS.len())
            .prop_map(|(node, channel, user)| Step::Join { node, channel, user }),
        20 => (0..NODES, 0..8_usize).prop_map(|(node, client)| Step::Leave { node, client }),
        25 => (0..NODES, fate).prop_map(|(node, fate)| Step::Send { node, fate }),
        25 => (0..NODES).prop_map(|node| Step::Receive { node }),
        10 => (0..NODES).prop_map(|node| Step::Subscribe { node }),
        5 => (0..NODES).prop_map(|node| Step::Gap { node }),
        4 => (0..NODES).prop_map(|node| Step::DeclareDead { node }),
        4 => Just(Step::Reap),
        1 => (0..NODES).prop_map(|node| Step::Crash { node }),
        1 => Just(Step::LoseData),
        1 => Just(Step::LoseRecords),
    ]
}

/// A connection in a channel, and the answer to its join until it has come.
struct Client {
    channel: usize,
    user: Option<UserId>,
    answer: Option<oneshot::Receiver<Result<Joined, NoRoom>>>,
}

#[derive(Default)]
struct Node {
    id: Option<NodeId>,
    shares: Shares,
    clients: Vec<Client>,
    /// The batch that was sent. An answer of `None` never comes.
    sent: Vec<(ShareChange, Option<ChangeReply>)>,
    fate: Fate,
    /// The number of gaps that the last state of a channel makes up for.
    loaded: HashMap<Place, u64>,
}

#[derive(Default)]
struct World {
    ledger: MemoryLedger,
    nodes: [Node; NODES],
    /// Number of ids given to nodes.
    ids: usize,
    /// Nodes that were declared dead, with shares to remove.
    dead: Vec<NodeId>,
    /// How many times more a user was added than removed, and by `None` a channel occupied than vacated.
    edges: HashMap<(Place, Option<UserId>), i64>,
    /// True if edges were lost with a crashed node, or delivered twice because Redis lost its data.
    has_edges_lost: bool,
    /// True if users that were admitted before may have come back over the limit.
    may_exceed: bool,
}

fn place(channel: usize) -> Place {
    let channel = ChannelName::parse(CHANNELS[channel], &Limits::default()).unwrap();
    Place { app: AppId::parse("a").unwrap(), channel }
}

impl World {
    fn step(&mut self, step: Step) {
        match step {
            Step::Join { node, channel, user } => self.join(node, channel, user),
            Step::Leave { node, client } => self.leave(node, client),
            Step::Send { node, fate } => drop(self.send(node, fate)),
            Step::Receive { node } => self.receive(node),
            Step::Subscribe { node } => self.subscribe(node),
            Step::Gap { node } => self.gap(node),
            Step::DeclareDead { node } => self.declare_dead(node),
            Step::Reap => self.reap(1),
            Step::Crash { node } => {
                self.declare_dead(node);
                self.nodes[node] = Node::default();
                self.has_edges_lost = true;
            }
            Step::LoseData => {
                self.ledger.lose_data();
                self.restart();
            }
            // The nodes keep their registration, which is on another shard of a Redis Cluster.
            Step::LoseRecords => {
                self.ledger.lose_records();
                self.restart();
            }
        }
        self.check_invariants();
    }

    fn join(&mut self, node: usize, channel: usize, user: usize) {
        let place = place(channel);
        let user = (place.channel.as_str() != "news").then(|| UserId::from(USERS[user]));
        let member = user.clone().map(|user_id| Member { user_id, user_info: None });
        let room = PresenceRoom { members: MAX_MEMBERS, bytes: usize::MAX };
        let request = JoinRequest { member, room, counts: false, wants_state: false, wants_miss: false };
        let Node { shares, clients, .. } = &mut self.nodes[node];
        let answer = Some(shares.join(&place, request));
        clients.push(Client { channel, user, answer });
    }

    fn leave(&mut self, node: usize, client: usize) {
        let Node { shares, clients, loaded, .. } = &mut self.nodes[node];
        if clients.is_empty() {
            return;
        }
        let Client { channel, user, answer } = clients.swap_remove(client % clients.len());
        // A join that is dropped before its answer is undone, as `PendingJoin` does it.
        let is_refused = answer.is_some_and(|mut answer| {
            answer.close();
            matches!(answer.try_recv(), Ok(Err(_)))
        });
        if !is_refused && shares.leave(&place(channel), user.as_ref(), false) {
            loaded.remove(&place(channel));
        }
    }

    /// Redis has restarted without its data: all connections to it are lost, and the requests on them.
    fn restart(&mut self) {
        for node in 0..NODES {
            if self.nodes[node].fate == Fate::MadeLate {
                self.nodes[node].fate = Fate::RequestsLost;
            }
            self.gap(node);
        }
        self.has_edges_lost = true;
        self.may_exceed = true;
    }

    fn gap(&mut self, node: usize) {
        self.nodes[node].shares.note_gap();
        self.nodes[node].shares.resend_all();
    }

    fn subscribe(&mut self, node: usize) {
        for channel in 0..CHANNELS.len() {
            self.nodes[node].shares.note_subscribed(&place(channel));
        }
    }

    fn declare_dead(&mut self, node: usize) {
        if let Some(id) = &self.nodes[node].id {
            self.ledger.declare_dead(id);
            self.dead.push(id.clone());
            self.may_exceed = true;
        }
    }

    /// Removes this number of shares of dead nodes.
    fn reap(&mut self, limit: usize) {
        for _ in 0..limit {
            let Some(id) = self.dead.last().cloned() else { return };
            match self.ledger.index(&id).into_iter().min_by(|one, other| one.channel.cmp(&other.channel)) {
                Some(place) => {
                    let edges = self.ledger.remove_share(&id, &place);
                    self.ledger.remove_from_index(&id, &place);
                    self.note_edges(&place, edges);
                }
                None => drop(self.dead.pop()),
            }
        }
    }

    /// Sends one batch of a node, after the answers to the last one. Returns false if nothing was due.
    fn send(&mut self, node: usize, fate: Fate) -> bool {
        self.receive(node);
        let id = self.registered_id(node);
        let changes = self.nodes[node].shares.take(&id, BATCH);
        if !self.ledger.is_registered(&id) {
            for change in &changes {
                self.nodes[node].shares.unanswered(change);
            }
            self.nodes[node].id = None;
            return true;
        }
        let Node { shares, .. } = &mut self.nodes[node];
        let missing = shares.not_indexed(&changes);
        for place in &missing {
            self.ledger.add_to_index(&id, place);
        }
        shares.note_indexed(&missing);
        let is_made = matches!(fate, Fate::Made | Fate::AnswersLost);
        let send = |change: ShareChange| {
            let reply = is_made.then(|| self.ledger.change(&change)).filter(|_| fate == Fate::Made);
            (change, reply)
        };
        self.nodes[node].sent = changes.into_iter().map(send).collect();
        self.nodes[node].fate = fate;
        !self.nodes[node].sent.is_empty()
    }

    /// Receives the answers to the batch that was sent.
    fn receive(&mut self, node: usize) {
        for (change, reply) in std::mem::take(&mut self.nodes[node].sent) {
            let is_late = self.nodes[node].fate == Fate::MadeLate;
            match if is_late { Some(self.ledger.change(&change)) } else { reply } {
                Some(ChangeReply::Made(outcome)) => self.settle(node, &change, outcome),
                Some(ChangeReply::ShareLost) if self.nodes[node].shares.share_lost(&change) => {
                    self.nodes[node].id = None;
                }
                Some(ChangeReply::ShareLost) => {}
                None => self.nodes[node].shares.unanswered(&change),
            }
        }
        for place in self.nodes[node].shares.take_unindexed() {
            if let Some(id) = &self.nodes[node].id {
                self.ledger.remove_from_index(id, &place);
            }
        }
    }

    /// The node's id. It registers under a new one if it has lost the last.
    fn registered_id(&mut self, node: usize) -> NodeId {
        let Node { id, shares, .. } = &mut self.nodes[node];
        id.get_or_insert_with(|| {
            self.ids += 1;
            let id = NodeId::from_stored(format!("n{}", self.ids));
            self.ledger.register(&id);
            shares.resend_all();
            id
        })
        .clone()
    }

    fn settle(&mut self, node: usize, change: &ShareChange, outcome: ChangeOutcome) {
        let Node { shares, clients, loaded, .. } = &mut self.nodes[node];
        let mut settled = shares.settle(change, outcome);
        if settled.state.is_some() {
            loaded.insert(change.place.clone(), settled.gaps);
        }
        let edges = std::mem::take(&mut settled.edges);
        settled.resolve();
        clients.retain_mut(|client| {
            let Some(answer) = &mut client.answer else { return true };
            match answer.try_recv() {
                Ok(Ok(_)) => {
                    assert!(loaded.contains_key(&place(client.channel)), "a join is ready before its state is loaded");
                    client.answer = None;
                    true
                }
                Ok(Err(_)) => false,
                Err(oneshot::error::TryRecvError::Empty) => true,
                Err(oneshot::error::TryRecvError::Closed) => panic!("a join will never get an answer"),
            }
        });
        loaded.retain(|place, _| shares.connections(place) > 0);
        self.note_edges(&change.place, edges);
    }

    fn note_edges(&mut self, place: &Place, edges: Vec<StampedEdge>) {
        for StampedEdge { edge, .. } in edges {
            let (user, change) = match edge {
                Edge::MemberAdded(user) => (Some(user), 1),
                Edge::MemberRemoved(user) => (Some(user), -1),
                Edge::Occupied => (None, 1),
                Edge::Vacated => (None, -1),
                Edge::Counted(_) | Edge::Missed => continue,
            };
            *self.edges.entry((place.clone(), user)).or_default() += change;
        }
        self.edges.retain(|_, balance| *balance != 0);
    }

    /// What holds at any time.
    fn check_invariants(&self) {
        for (place, record) in self.ledger.records() {
            for id in self.ledger.shares(place).keys() {
                assert!(self.ledger.index(id).contains(place), "{id} has a share that no reaper would find");
            }
            assert!(self.may_exceed || record.members().len() <= MAX_MEMBERS, "more members than allowed");
        }
    }

    /// Lets everything come to rest without further faults.
    fn rest(&mut self) {
        self.reap(usize::MAX);
        for node in 0..NODES {
            self.subscribe(node);
            let batches = (0..MOST_BATCHES).take_while(|_| self.send(node, Fate::Made)).count();
            assert!(batches < MOST_BATCHES, "the node does not come to rest");
        }
        self.reap(usize::MAX);
        self.check_invariants();
    }

    fn check_rest(&self) {
        let mut edges = HashMap::new();
        for channel in 0..CHANNELS.len() {
            let place = place(channel);
            let mut shares = HashMap::new();
            for node in &self.nodes {
                let here = || node.clients.iter().filter(|client| client.channel == channel);
                assert!(here().all(|client| client.answer.is_none()), "a join has no answer at rest");
                let Some(id) = node.id.as_ref().filter(|_| here().count() > 0) else { continue };
                assert_eq!(node.loaded.get(&place), Some(&node.shares.gaps), "no state was loaded after the last gap");
                let users: HashSet<UserId> = here().filter_map(|client| client.user.clone()).collect();
                edges.extend(users.iter().map(|user| ((place.clone(), Some(user.clone())), 1)));
                edges.insert((place.clone(), None), 1);
                let connections = here().count() as u64;
                let recorded = node.shares.channels.get(&place).map(Share::recorded);
                assert_eq!(recorded, Some((connections, users.clone())), "what the node believes that the ledger has");
                shares.insert(id.clone(), RecordedShare { connections, users });
            }
            assert_eq!(self.ledger.shares(&place), shares, "the ledger of {place:?}");
        }
        for node in &self.nodes {
            let Some(id) = &node.id else { continue };
            let here: HashSet<Place> = node.clients.iter().map(|client| place(client.channel)).collect();
            assert_eq!(self.ledger.index(id), here, "the index of the node");
            assert_eq!(node.shares.channels.len(), here.len(), "a share without connections is forgotten");
        }
        assert!(self.has_edges_lost || self.edges == edges, "edges {:?}, expected {edges:?}", self.edges);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: HISTORIES, ..ProptestConfig::default() })]

    #[test]
    fn at_rest_the_ledger_has_what_is_true(steps in prop::collection::vec(step(), 1..STEPS)) {
        let mut world = World::default();
        for step in steps {
            world.step(step);
        }
        world.rest();
        world.check_rest();
        for node in 0..NODES {
            while !world.nodes[node].clients.is_empty() {
                world.leave(node, 0);
            }
        }
        world.rest();
        world.check_rest();
    }
}
