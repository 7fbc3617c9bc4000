//! The state that every node must have once nothing changes any more.

use clairon_test_servers::eventually;
use clairon_tests::api::Request;
use clairon_tests::nodes::{edges, wait_for_members};
use clairon_tests::server::Server;
use serde_json::{Map, Value, json};

use super::check::{self, History, Room};
use super::fault::Fault;
use super::guest::Guest;
use super::world::{CHANNELS, NODES, World, is_presence, room_name};

impl World {
    /// Waits until members and counts in every node's HTTP API are right.
    pub(crate) fn rest(&self) {
        for server in &self.nodes.servers {
            for (number, app) in self.apps.iter().enumerate() {
                let channels = json!({"channels": self.channels(number)});
                eventually(&format!("{channels} in app {number}"), || {
                    let answer = Request::get(app, "/channels", &[("info", "subscription_count")]).send(server);
                    answer.status == 200 && answer.json() == channels
                });
                for channel in CHANNELS.into_iter().filter(|channel| is_presence(channel)) {
                    wait_for_members(server, app, channel, &self.users(number, channel, |_| true));
                }
            }
        }
    }

    /// The occupied channels of an app with their numbers of connections.
    fn channels(&self, app: usize) -> Map<String, Value> {
        let count = |channel: &str| {
            self.guests.iter().filter(|guest| guest.app == app && guest.channels.contains_key(channel)).count()
        };
        let counts = CHANNELS.map(|channel| (channel.to_owned(), count(channel))).into_iter();
        counts
            .filter(|(_, count)| *count > 0)
            .map(|(name, count)| (name, json!({"subscription_count": count})))
            .collect()
    }

    /// The whole history, once all events have arrived.
    pub(crate) fn end(&mut self) -> History {
        self.rest();
        for app in 0..self.apps.len() {
            for channel in CHANNELS {
                let last = self.publish(app, channel, 0);
                let members = self.users(app, channel, |_| true);
                let is_here = |guest: &&mut Guest| guest.app == app && guest.channels.contains_key(channel);
                for guest in self.guests.iter_mut().filter(is_here) {
                    // If the ledger has lost its data, a member that left meanwhile counts as present for the time of a
                    // lease.
                    guest.hear_until(|guest| guest.has_heard(channel, &last) && guest.members(channel) == members);
                }
                self.ask_newcomers(app, channel);
            }
        }
        // Without its data, the ledger reports all members again.
        let has_edges = self.fault != Fault::Restart;
        let mut rooms: Vec<Room> =
            (0..self.apps.len()).flat_map(|app| CHANNELS.map(|name| self.room(app, name))).collect();
        let guests = std::mem::take(&mut self.guests);
        let is_witness =
            |index| index < self.apps.len() && matches!(self.fault, Fault::Kill | Fault::Sleep | Fault::Cut);
        let last = guests.into_iter().enumerate().flat_map(|(index, guest)| {
            let app = guest.app;
            guest.finish().into_iter().map(move |(channel, stay)| (index, app, channel, stay))
        });
        let last = last.map(|(index, app, channel, mut stay)| {
            stay.is_whole = is_witness(index);
            (app, channel, stay)
        });
        for (app, channel, stay) in self.gone.drain(..).chain(last) {
            let name = room_name(app, channel);
            rooms.iter_mut().filter(|room| room.name == name).for_each(|room| room.stays.push(stay.clone()));
        }
        History { rooms, has_edges }
    }

    /// Asserts that the snapshot for a new subscriber is right on each node. The new subscriber is one of the members,
    /// so nothing changes.
    fn ask_newcomers(&self, app: usize, channel: &'static str) {
        let members = self.users(app, channel, |_| true);
        for (node, user) in (0..NODES).zip(members.first().into_iter().cycle()) {
            let mut newcomer = self.connect(app, node, user.clone());
            newcomer.ask_to_join(channel);
            newcomer.hear_until(|guest| guest.has_joined(channel));
            assert_eq!(newcomer.members(channel), members, "the snapshot of {newcomer} of {channel}");
        }
    }

    fn room(&self, app: usize, channel: &'static str) -> Room {
        let is_occupied = self.guests.iter().any(|guest| guest.app == app && guest.channels.contains_key(channel));
        let members = self.users(app, channel, |_| true);
        let mut room = Room { name: room_name(app, channel), members, is_occupied, ..Room::default() };
        if self.fault != Fault::Restart {
            // A node logs an edge after the change of the ledger is answered.
            eventually(&format!("all edges of {}", room.name), || {
                room.edges = self.edges(app, channel);
                check::edges(&room).is_ok()
            });
        }
        room
    }

    /// All edges that the nodes have logged so far.
    pub(crate) fn edges(&self, app: usize, channel: &str) -> Vec<String> {
        let servers: Vec<&Server> = self.dead.iter().chain(&self.nodes.servers).collect();
        servers.into_iter().flat_map(|server| edges(server, &self.apps[app], channel)).collect()
    }
}
