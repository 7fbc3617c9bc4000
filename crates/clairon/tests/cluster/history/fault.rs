//! The faults, and the recovery from them.

use clairon_test_servers::eventually;
use clairon_tests::http;
use clairon_tests::nodes::wait_for_members;
use rand::RngExt;
use rustix::process::Signal;

use super::guest::Guest;
use super::world::{CHANNELS, NODES, World, is_presence};

/// A fault that happens once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A node is killed and replaced.
    Kill,
    /// A node stops for longer than its lease.
    Sleep,
    /// A node cannot reach Redis for a while, which may be longer than its lease.
    Cut,
    /// All connections to Redis are closed.
    Hiccup,
    /// Redis is killed and comes back without data.
    Restart,
}

impl World {
    /// Causes the fault, and continues as far as possible.
    pub(crate) fn suffer(&mut self, steps: usize) {
        // The witnesses are on node 0.
        let node = self.random.random_range(1..NODES);
        // The last messages that Redis accepted may not have been sent to nodes.
        for guest in &mut self.guests {
            guest.hear_until(Guest::is_up_to_date);
        }
        self.down = matches!(self.fault, Fault::Kill | Fault::Sleep).then_some(node);
        self.broken =
            if matches!(self.fault, Fault::Hiccup | Fault::Restart) { (0..NODES).collect() } else { vec![node] };
        match self.fault {
            Fault::Kill => self.kill(node),
            Fault::Sleep => self.nodes.servers[node].signal(Signal::STOP),
            Fault::Cut => self.nodes.redis.proxies[node].cut(),
            Fault::Hiccup => self.nodes.redis.proxies.iter().for_each(clairon_test_servers::Proxy::hiccup),
            Fault::Restart => self.nodes.redis.redis.kill(),
        }
        self.note(format!("{:?} of node {node}", self.fault));
        self.live(steps);
    }

    /// Ends the fault, and waits until everything has recovered.
    pub(crate) fn recover(&mut self) {
        self.down = None;
        match (self.fault, self.broken[0]) {
            (Fault::Kill, node) => {
                let new = self.new_node(node).start();
                self.dead.push(std::mem::replace(&mut self.nodes.servers[node], new));
            }
            (Fault::Sleep, node) => {
                self.wait_for_end_of_lease(node);
                self.nodes.servers[node].signal(Signal::CONT);
            }
            (Fault::Cut, node) => {
                if self.random.random() {
                    self.wait_for_end_of_lease(node);
                }
                self.nodes.redis.proxies[node].mend();
            }
            (Fault::Hiccup, _) => {}
            (Fault::Restart, _) => self.nodes.redis.redis.run(),
        }
        self.note("mended".to_owned());
        self.wait_for_nodes();
        for guest in &mut self.guests {
            let asked: Vec<_> = guest.channels.keys().copied().collect();
            guest.hear_until(|guest| asked.iter().all(|channel| guest.has_joined(channel)));
        }
        self.rest();
        self.wait_for_messages();
        self.broken.clear();
    }

    fn kill(&mut self, node: usize) {
        // All its changes are in the ledger. Its edges are in its log, which is written later.
        self.rest();
        let server = &self.nodes.servers[node];
        http::get(server, "/last-words").assert_refused(404, "");
        let _ = server.wait_for_log("its last words", |line| line["request"] == "GET /last-words");
        server.signal(Signal::KILL);
        for guest in self.guests.extract_if(.., |guest| guest.node == node) {
            let app = guest.app;
            self.gone.extend(guest.abort().into_iter().map(|(channel, stay)| (app, channel, stay)));
        }
    }

    /// The other nodes have removed its members.
    fn wait_for_end_of_lease(&self, node: usize) {
        let other = &self.nodes.servers[(node + 1) % NODES];
        for (number, app) in self.apps.iter().enumerate() {
            for channel in CHANNELS.into_iter().filter(|channel| is_presence(channel)) {
                let rest = self.users(number, channel, |guest| guest.node != node);
                wait_for_members(other, app, channel, &rest);
            }
        }
    }

    fn wait_for_nodes(&mut self) {
        for node in 0..NODES {
            eventually("all nodes are ready", || http::get(&self.nodes.servers[node], "/ready").status == 200);
            // A cut connection may be detected only when it is next used.
            eventually("all nodes publish", || {
                let message = self.message(0, CHANNELS[0]);
                self.try_publish(0, CHANNELS[0], &message, node) == 200
            });
        }
    }

    /// Waits until each client has got a message on each of its channels. From then on no message may be missing.
    fn wait_for_messages(&mut self) {
        for index in 0..self.guests.len() {
            let app = self.guests[index].app;
            let channels: Vec<_> = self.guests[index].channels.keys().copied().collect();
            for channel in channels {
                eventually("messages come again", || {
                    let message = self.message(app, channel);
                    let status = self.try_publish(app, channel, &message, 0);
                    self.guests[index].hear_all();
                    status == 200 && self.guests[index].has_heard(channel, &message)
                });
            }
        }
    }
}
