//! Recovery while two masters accept events, because not every node has come to the new one.

use clairon_test_servers::{Sentinels, eventually};
use clairon_tests::client::Client;
use clairon_tests::nodes::Engine;
use clairon_tests::recovery::{Position, begin, position, trigger};
use clairon_tests::server::Server;
use rustix::process::Signal;

use crate::recovery::{Shared, app, come_back, events, lost, next};

/// In this time the node at the former master is not declared dead.
const LEASE_SECONDS: u32 = 20;

/// Sentinels that know each node by a user of its own.
struct Users(Sentinels);

impl Users {
    fn start() -> Self {
        let sentinels = Sentinels::start();
        (0..3).for_each(|node| sentinels.add_user(&user(node)));
        Self(sentinels)
    }
}

impl Engine for Users {
    fn url_of(&self, node: usize) -> String {
        self.0.url().replace("://", &format!("://{}@", user(node)))
    }
}

fn user(node: usize) -> String {
    format!("node-{node}")
}

/// Two pages on different masters.
struct Split {
    shared: Shared<Users>,
    /// On the first node, which works with the former master.
    former: Client,
    /// On the second node, which works with the new master like the third one.
    new: Client,
    /// A position of the second page on the new master.
    position: Position,
}

/// The first node works with the former master and publishes an event there, which the others do not get.
fn split() -> Split {
    let shared = Shared::with_lease(Users::start(), 3, app(), LEASE_SECONDS);
    let [one, two, three] = shared.servers();
    let [mut former, mut new] = [one, two].map(|server| Client::connect(server, &app()));
    begin(&mut former, "c");
    begin(&mut new, "c");
    let sentinels = &shared.nodes.redis.0;
    sentinels.split();
    (1..3).for_each(|node| sentinels.move_over(&user(node)));
    let notice = lost(&mut new);
    assert_eq!(notice["reason"], "epoch");
    publish(two, "beside");
    publish(three, "beside");
    publish(one, "lost");
    assert_eq!(next(&mut former, 1), events(&[("lost", 1)]));
    let seq = notice["seq"].as_u64().unwrap_or_default();
    assert_eq!(next(&mut new, 2), events(&[("beside", seq + 1), ("beside", seq + 2)]));
    let position = Position { seq: seq + 2, ..position(&new, &notice) };
    Split { shared, former, new, position }
}

/// Publishes an event once the node works.
fn publish(server: &Server, event: &str) {
    eventually("the node is ready", || clairon_tests::http::get(server, "/ready").status == 200);
    trigger(server, &app(), "c", event, None);
}

#[test]
fn what_only_the_former_master_has_is_lost_for_all_once_its_last_node_comes_over() {
    let Split { shared, mut former, mut new, position } = split();
    shared.nodes.redis.0.move_over(&user(0));
    for client in [&mut former, &mut new] {
        assert_eq!(lost(client)["reason"], "epoch");
    }
    // One that was away meanwhile learns it too.
    let [one, two, three] = shared.servers();
    for server in [one, two, three] {
        assert_eq!(come_back(server, "c", &position).1["reason"], "epoch");
    }
    publish(one, "after");
    for client in [&mut former, &mut new] {
        assert_eq!(next(client, 1)[0].0, "after");
        client.expect_nothing();
    }
}

#[test]
fn what_a_node_published_on_the_former_master_before_its_death_is_lost_for_all() {
    let Split { shared, mut new, position, .. } = split();
    let [one, two, three] = shared.servers();
    one.signal(Signal::KILL);
    assert_eq!(lost(&mut new)["reason"], "epoch");
    for server in [two, three] {
        assert_eq!(come_back(server, "c", &position).1["reason"], "epoch");
    }
}
