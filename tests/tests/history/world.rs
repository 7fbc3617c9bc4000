//! Three nodes, their clients, and what breaks.

use std::collections::BTreeSet;

use clairon_tests::api::Request;
use clairon_tests::app::App;
use clairon_tests::eventually;
use clairon_tests::http;
use clairon_tests::nodes::{Nodes, edges, members as members_of};
use clairon_tests::server::Server;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rustix::process::Signal;
use serde_json::json;

use crate::check::{self, History, Room};
use crate::guest::{Guest, Stay};

const CHANNELS: [&str; 4] = ["presence-a", "presence-b", "private-c", "public-d"];
const USERS: usize = 5;
const GUESTS: usize = 10;

/// What breaks, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Kill,
    Sleep,
    Cut,
    Restart,
}

pub(crate) struct World {
    random: StdRng,
    fault: Fault,
    nodes: Nodes,
    /// Nodes that were killed; their logs are still read.
    dead: Vec<Server>,
    guests: Vec<Guest>,
    /// What those who are gone have heard.
    gone: Vec<(&'static str, Stay)>,
    /// The node that does not run.
    down: Option<usize>,
    /// The nodes on which something may go wrong.
    broken: Vec<usize>,
    messages: usize,
}

fn app() -> App {
    App::new("history")
}

impl World {
    pub(crate) fn start(seed: u64, fault: Fault) -> Self {
        let mut world = Self {
            random: StdRng::seed_from_u64(seed),
            fault,
            nodes: Nodes::start(3, app()),
            dead: Vec::new(),
            guests: Vec::new(),
            gone: Vec::new(),
            down: None,
            broken: Vec::new(),
            messages: 0,
        };
        for _ in 0..GUESTS {
            world.arrive();
        }
        world
    }

    pub(crate) fn live(&mut self, steps: usize) {
        for _ in 0..steps {
            match self.random.random_range(0..10) {
                0..3 => self.join(),
                3 => self.leave(),
                4 => self.depart(),
                _ => self.say(),
            }
        }
    }

    /// Something breaks, and life goes on where it can.
    pub(crate) fn suffer(&mut self, steps: usize) {
        let node = self.random.random_range(0..3);
        // What Redis has taken in its last moment may not have left it.
        for guest in &mut self.guests {
            guest.hear_until(Guest::is_up_to_date);
        }
        self.down = matches!(self.fault, Fault::Kill | Fault::Sleep).then_some(node);
        self.broken = self.down.map_or_else(|| (0..3).collect(), |node| vec![node]);
        match self.fault {
            Fault::Kill => {
                // What it has done is in the ledger, and what it has told is in its log, which it writes in its own time.
                self.rest();
                let server = &self.nodes.servers[node];
                http::get(server, "/last-words").assert_refused(404, "");
                let _ = server.wait_for_log("its last words", |line| line["path"] == "/last-words");
                server.signal(Signal::KILL);
                for guest in self.guests.extract_if(.., |guest| guest.node == node) {
                    self.gone.extend(guest.finish().into_iter().map(|(name, stay)| (name, unfinished(stay))));
                }
            }
            Fault::Sleep => self.nodes.servers[node].signal(Signal::STOP),
            Fault::Cut => {
                self.nodes.redis.cut("pubsub");
                self.nodes.redis.cut("normal");
            }
            Fault::Restart => self.nodes.redis.kill(),
        }
        self.live(steps);
    }

    /// What is broken is mended, and all wait until everything is as it was.
    pub(crate) fn recover(&mut self) {
        match (self.fault, self.down.take()) {
            (Fault::Kill, Some(node)) => {
                let new = self.nodes.node(node).start();
                self.dead.push(std::mem::replace(&mut self.nodes.servers[node], new));
            }
            (Fault::Sleep, Some(node)) => {
                let channels: Vec<_> = CHANNELS.into_iter().filter(|name| name.starts_with("presence-")).collect();
                let other = (node + 1) % 3;
                // Its lease must have ended: its members are gone.
                let awake = |world: &Self, channel| world.users(channel, |guest| guest.node != node);
                for channel in channels {
                    let members = awake(self, channel);
                    eventually("the members of the sleeping node are gone", || {
                        members_of(&self.nodes.servers[other], &app(), channel).as_ref() == Some(&members)
                    });
                }
                self.nodes.servers[node].signal(Signal::CONT);
            }
            (Fault::Restart, _) => self.nodes.redis.run(),
            _ => {}
        }
        for server in &self.nodes.servers {
            eventually("all nodes are ready", || http::get(server, "/ready").status == 200);
            // A connection that was cut may be found out by the first who needs it.
            eventually("all nodes publish", || {
                self.messages += 1;
                publish(server, CHANNELS[0], &format!("again {}", self.messages)) == 200
            });
        }
        for guest in &mut self.guests {
            let asked: Vec<_> = guest.channels.keys().copied().collect();
            guest.hear_until(|guest| asked.iter().all(|channel| guest.has_joined(channel)));
        }
        self.rest();
        for guest in &mut self.guests {
            let names: Vec<_> = guest.channels.keys().copied().collect();
            for channel in names {
                // A message that everybody hears: from here on nothing may be missed.
                eventually("messages come again", || {
                    self.messages += 1;
                    let message = format!("again {}", self.messages);
                    let status = publish(&self.nodes.servers[0], channel, &message);
                    guest.hear_all();
                    status == 200 && guest.has_heard(channel, &message)
                });
            }
        }
        self.broken.clear();
    }

    /// Waits until the members are the truth everywhere.
    fn rest(&self) {
        for channel in CHANNELS.into_iter().filter(|channel| channel.starts_with("presence-")) {
            let users = self.users(channel, |_| true);
            self.nodes.wait_for_members(channel, &users.iter().map(String::as_str).collect::<Vec<_>>());
        }
    }

    /// Everything that was heard, once all of it has come.
    pub(crate) fn end(mut self) -> History {
        self.rest();
        for channel in CHANNELS {
            let last = self.publish_to_all(channel);
            let members = self.users(channel, |_| true);
            for guest in self.guests.iter_mut().filter(|guest| guest.channels.contains_key(channel)) {
                // Where the ledger has lost its data, who has left meanwhile is believed to come back for one lease.
                guest.hear_until(|guest| guest.has_heard(channel, &last) && guest.members(channel) == members);
            }
        }
        // Without its data, the ledger tells again who is there.
        let has_edges = self.fault != Fault::Restart;
        let mut rooms = CHANNELS.map(|channel| self.room(channel));
        for room in rooms.iter_mut().filter(|_| has_edges) {
            // A node tells edges when it is answered, which is after the ledger has changed, and logs in its own time.
            eventually("all edges are told", || {
                room.edges = self.edges(room.channel);
                check::unbalanced(room).is_none()
            });
        }
        let stays = self.gone.into_iter().chain(self.guests.into_iter().flat_map(Guest::finish));
        for (channel, stay) in stays {
            rooms.iter_mut().filter(|room| room.channel == channel).for_each(|room| room.stays.push(stay.clone()));
        }
        History { rooms: rooms.into(), has_edges }
    }

    fn room(&self, channel: &'static str) -> Room {
        Room {
            channel,
            members: self.users(channel, |_| true),
            is_occupied: self.guests.iter().any(|guest| guest.channels.contains_key(channel)),
            edges: self.edges(channel),
            stays: Vec::new(),
        }
    }

    fn edges(&self, channel: &str) -> Vec<String> {
        self.dead.iter().chain(&self.nodes.servers).flat_map(|server| edges(server, &app(), channel)).collect()
    }

    fn arrive(&mut self) {
        let nodes: Vec<usize> = (0..3).filter(|node| self.is_sound(*node)).collect();
        let node = *nodes.choose(&mut self.random).unwrap_or_else(|| panic!("a sound node"));
        let user = format!("u{}", self.random.random_range(0..USERS));
        self.guests.push(Guest::connect(&self.nodes.servers[node], &app(), node, user));
    }

    /// Someone goes away without a word; someone else comes.
    fn depart(&mut self) {
        let Some(index) = self.pick(|_| true) else { return };
        let guest = self.guests.swap_remove(index);
        self.gone.extend(guest.finish().into_iter().map(|(channel, stay)| (channel, unfinished(stay))));
        self.arrive();
    }

    fn join(&mut self) {
        let channel = self.channel();
        let Some(index) = self.pick(|guest| !guest.channels.contains_key(channel)) else { return };
        let is_calm = self.is_calm(self.guests[index].node);
        let guest = &mut self.guests[index];
        guest.ask_to_join(channel);
        if is_calm {
            guest.hear_until(|guest| guest.has_joined(channel));
        }
    }

    fn leave(&mut self) {
        let channel = self.channel();
        let Some(index) = self.pick(|guest| guest.has_joined(channel)) else { return };
        if self.is_calm(self.guests[index].node) {
            // What it must have heard has come before its last message.
            let last = self.publish_to_all(channel);
            self.guests[index].hear_until(|guest| guest.has_heard(channel, &last));
            self.guests[index].leave(channel);
        }
    }

    fn say(&mut self) {
        let channel = self.channel();
        self.publish_to_all(channel);
    }

    /// Publishes over a node that is sound, and notes who must hear it.
    fn publish_to_all(&mut self, channel: &'static str) -> String {
        self.messages += 1;
        let message = format!("m{}", self.messages);
        let nodes: Vec<usize> = (0..3).filter(|node| self.is_sound(*node)).collect();
        let node = *nodes.choose(&mut self.random).unwrap_or_else(|| panic!("a sound node"));
        let status = publish(&self.nodes.servers[node], channel, &message);
        assert!(status == 200 || (status == 503 && !self.is_calm(node)), "{status}");
        let calm: Vec<bool> = (0..3).map(|node| self.is_calm(node)).collect();
        for guest in self.guests.iter_mut().filter(|guest| status == 200 && calm[guest.node]) {
            if let Some(Some(stay)) = guest.channels.get_mut(channel) {
                stay.due.push(message.clone());
            }
        }
        message
    }

    /// A node that runs, though it may be cut off from Redis.
    fn is_sound(&self, node: usize) -> bool {
        self.down != Some(node)
    }

    /// A node on which nothing may go wrong.
    fn is_calm(&self, node: usize) -> bool {
        !self.broken.contains(&node)
    }

    fn pick(&mut self, is_one: impl Fn(&Guest) -> bool) -> Option<usize> {
        let fits = |index: &usize| self.is_sound(self.guests[*index].node) && is_one(&self.guests[*index]);
        let indices: Vec<usize> = (0..self.guests.len()).filter(fits).collect();
        indices.choose(&mut self.random).copied()
    }

    fn channel(&mut self) -> &'static str {
        CHANNELS[self.random.random_range(0..CHANNELS.len())]
    }

    /// The users on a presence channel, by their connections.
    fn users(&self, channel: &str, is_one: impl Fn(&Guest) -> bool) -> BTreeSet<String> {
        let here = self.guests.iter().filter(|guest| is_one(guest) && guest.channels.contains_key(channel));
        here.filter(|_| channel.starts_with("presence-")).map(|guest| guest.user.clone()).collect()
    }
}

fn publish(server: &Server, channel: &str, message: &str) -> u16 {
    let body = json!({"name": "said", "channel": channel, "data": message});
    Request::post(&app(), "/events", &body).send(server).status
}

/// Who goes without a word may have left something unread.
fn unfinished(stay: Stay) -> Stay {
    Stay { due: Vec::new(), is_last: false, ..stay }
}
