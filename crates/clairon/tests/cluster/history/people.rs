//! The actions of clients: they connect, subscribe, send, unsubscribe and disconnect.

use std::panic::resume_unwind;
use std::thread;

use clairon_tests::api::Request;
use rand::RngExt;
use rand::seq::IndexedRandom;
use serde_json::json;

use super::guest::Guest;
use super::world::{CHANNELS, NODES, World, room_name};

const USERS: usize = 5;

impl World {
    pub(crate) fn arrive(&mut self) {
        let node = self.node(Self::is_sound);
        let app = self.random.random_range(0..self.apps.len());
        let user = format!("u{}", self.random.random_range(0..USERS));
        let guest = self.connect(app, node, user);
        self.note(format!("{guest} arrives"));
        self.guests.push(guest);
    }

    /// A client drops its connection, and a new client connects.
    pub(crate) fn depart(&mut self) {
        let Some(index) = self.pick(|_| true) else { return };
        let guest = self.guests.remove(index);
        self.note(format!("{guest} departs"));
        let app = guest.app;
        self.gone.extend(guest.abort().into_iter().map(|(channel, stay)| (app, channel, stay)));
        self.arrive();
    }

    pub(crate) fn join(&mut self) {
        let channel = self.channel();
        let Some(index) = self.pick(|guest| !guest.channels.contains_key(channel)) else { return };
        let is_calm = self.is_calm(self.guests[index].node);
        self.note(format!("{} joins {channel}", self.guests[index]));
        let guest = &mut self.guests[index];
        guest.ask_to_join(channel);
        if is_calm {
            guest.hear_until(|guest| guest.has_joined(channel));
        }
    }

    pub(crate) fn leave(&mut self) {
        let channel = self.channel();
        let Some(index) = self.pick(|guest| guest.has_joined(channel)) else { return };
        let (app, node) = (self.guests[index].app, self.guests[index].node);
        if self.is_calm(node) {
            // All that it must have received arrives before its last message.
            let last = self.publish(app, channel, node);
            self.guests[index].hear_until(|guest| guest.has_heard(channel, &last));
            self.note(format!("{} leaves {channel}", self.guests[index]));
            self.guests[index].leave(channel);
        }
    }

    pub(crate) fn say(&mut self) {
        let (app, channel) = (self.random.random_range(0..self.apps.len()), self.channel());
        let node = self.node(Self::is_sound);
        self.publish(app, channel, node);
    }

    /// At the same time a client disconnects, some subscribe, and several publish over each node.
    pub(crate) fn crowd(&mut self) {
        let channel = self.channel();
        self.depart();
        let newcomers: Vec<usize> = (0..3)
            .filter_map(|_| {
                let index = self.pick(|guest| !guest.channels.contains_key(channel))?;
                self.note(format!("{} joins {channel} in a crowd", self.guests[index]));
                self.guests[index].ask_to_join(channel);
                Some(index)
            })
            .collect();
        let app = newcomers.first().map_or(0, |index| self.guests[*index].app);
        let sound: Vec<usize> = (0..NODES).filter(|node| self.is_sound(*node)).collect();
        let said: Vec<(usize, String)> =
            sound.iter().flat_map(|node| [*node; 4]).map(|node| (node, self.message(app, channel))).collect();
        let statuses = self.publish_at_once(app, channel, &said);
        for ((node, message), status) in said.iter().zip(statuses) {
            assert!(status == 200 || (status == 503 && !self.is_calm(*node)), "{message} over node {node}: {status}");
            self.note(format!("{message} over node {node} in a crowd: {status}"));
            if status == 200 {
                self.owe(app, channel, message, None);
            }
        }
        for index in newcomers {
            if self.is_calm(self.guests[index].node) {
                self.guests[index].hear_until(|guest| guest.has_joined(channel));
            }
        }
    }

    fn publish_at_once(&self, app: usize, channel: &str, said: &[(usize, String)]) -> Vec<u16> {
        thread::scope(|scope| {
            let publish = |(node, text): &(usize, String)| self.try_publish(app, channel, text, *node);
            let threads: Vec<_> = said.iter().map(|one| scope.spawn(move || publish(one))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
        })
    }

    pub(crate) fn whisper(&mut self) {
        let channel = self.channel();
        let Some(index) = self.pick(|guest| guest.has_joined(channel) && !channel.starts_with("public-")) else {
            return;
        };
        let message = self.message(self.guests[index].app, channel);
        let is_taken = self.guests[index].whisper(channel, &message);
        let guest = &self.guests[index];
        assert!(is_taken || !self.is_calm(guest.node), "{message} of {guest} was refused");
        let (app, step) = (guest.app, format!("{guest} whispers {message}: {is_taken}"));
        self.note(step);
        if is_taken {
            self.owe(app, channel, &message, Some(index));
        }
    }

    /// Publishes over a node, and notes which clients must receive the message.
    pub(crate) fn publish(&mut self, app: usize, channel: &'static str, node: usize) -> String {
        let message = self.message(app, channel);
        let status = self.try_publish(app, channel, &message, node);
        assert!(status == 200 || (status == 503 && !self.is_calm(node)), "{message} over node {node}: {status}");
        self.note(format!("{message} over node {node}: {status}"));
        if status == 200 {
            self.owe(app, channel, &message, None);
        }
        message
    }

    pub(crate) fn try_publish(&self, app: usize, channel: &str, message: &str, node: usize) -> u16 {
        let body = json!({"name": "said", "channel": channel, "data": message});
        Request::post(&self.apps[app], "/events", &body).send(&self.nodes.servers[node]).status
    }

    pub(crate) fn message(&mut self, app: usize, channel: &str) -> String {
        self.messages += 1;
        format!("{}m{}", room_name(app, channel), self.messages)
    }

    /// Notes that all clients on calm nodes must receive this message, except its sender.
    fn owe(&mut self, app: usize, channel: &str, message: &str, sender: Option<usize>) {
        let calm: Vec<bool> = (0..NODES).map(|node| self.is_calm(node)).collect();
        let is_owed = |index: usize, guest: &Guest| guest.app == app && calm[guest.node] && sender != Some(index);
        for (index, guest) in self.guests.iter_mut().enumerate() {
            if is_owed(index, guest)
                && let Some(Some(stay)) = guest.channels.get_mut(channel)
            {
                stay.due.push(message.to_owned());
            }
        }
    }

    /// A random client on a sound node that fulfils the condition and is not a witness.
    fn pick(&mut self, is_one: impl Fn(&Guest) -> bool) -> Option<usize> {
        let fits = |index: &usize| self.is_sound(self.guests[*index].node) && is_one(&self.guests[*index]);
        let indices: Vec<usize> = (self.apps.len()..self.guests.len()).filter(fits).collect();
        indices.choose(&mut self.random).copied()
    }

    fn node(&mut self, is_one: impl Fn(&Self, usize) -> bool) -> usize {
        let nodes: Vec<usize> = (0..NODES).filter(|node| is_one(self, *node)).collect();
        *nodes.choose(&mut self.random).unwrap_or_else(|| panic!("no node is left"))
    }

    fn channel(&mut self) -> &'static str {
        CHANNELS[self.random.random_range(0..CHANNELS.len())]
    }
}
