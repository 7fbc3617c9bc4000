//! A Redis Cluster, and what can happen to it.

use std::time::Instant;

use clairon_cluster::{Mishap, Notice};
use clairon_test_servers::{Redis, RedisCluster, SharedServer};
use futures_util::future::join_all;

use crate::{
    contract::contract,
    support::node::{Node, app, event, eventually, name, soon},
};

static CLUSTER: SharedServer<RedisCluster> = SharedServer::new(RedisCluster::start);

contract!(CLUSTER);

/// Two nodes in 20 rooms. Every shard has some of the rooms.
async fn two_nodes(cluster: &RedisCluster) -> ([Node; 2], Vec<String>) {
    let nodes = [Node::start(&cluster.url(), "fault").await, Node::start(&cluster.url(), "fault").await];
    let rooms: Vec<String> = (0..20).map(|number| format!("presence-{number}")).collect();
    for (node, user) in nodes.iter().zip(["ada", "bob"]) {
        join_all(rooms.iter().map(|room| node.join(room, Some(user)))).await;
    }
    wait_rooms(&nodes, &rooms, &["ada", "bob"]).await;
    (nodes, rooms)
}

async fn wait_rooms(nodes: &[Node], rooms: &[String], users: &[&str]) {
    for node in nodes {
        for room in rooms {
            node.wait_members(room, users).await;
        }
    }
}

/// Publishes to each room until both nodes have received an event of it.
async fn wait_connected(nodes: &[Node; 2], rooms: &[String]) {
    for room in rooms {
        let heard = |log: &[Notice]| Node::texts(log, room).contains(&"after".to_owned()).then_some(());
        let publish = async {
            loop {
                let _ = nodes[0].cluster.publish(vec![event(room, "after")]).await;
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        };
        tokio::select! {
            () = publish => unreachable!("the loop has no end"),
            _ = join_all(nodes.iter().map(|node| node.wait("an event", heard))) => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_loss_of_a_master_removes_no_member() {
    let mut cluster = RedisCluster::start();
    let (nodes, rooms) = two_nodes(&cluster).await;
    cluster.kill_master();
    let killed = Instant::now();
    let deaf = |health: &clairon_cluster::Health| !health.is_well();
    nodes[0].wait_health("a shard is down", deaf).await;
    let joins = rooms.iter().map(|room| nodes[0].cluster.join(&app(), &name(room), Node::joining(Some("cem"))));
    soon("20 joins", join_all(joins)).await;
    wait_rooms(&nodes, &rooms, &["ada", "bob", "cem"]).await;
    wait_connected(&nodes, &rooms).await;
    for node in &nodes {
        node.wait_health("well", clairon_cluster::Health::is_well).await;
        assert!(rooms.iter().all(|room| node.room(room).removed.is_empty()), "no member was removed");
        // Pauses double up to a beat, and begin with the first one again only after a beat without trouble.
        let (gaps, most) = (node.cluster.mishaps(Mishap::Gap), 5 + killed.elapsed().as_millis() / 125);
        assert!(u128::from(gaps) <= most, "{gaps} attempts to listen, of {most}");
    }
    assert_eq!(nodes[1].cluster.channels(&app(), "presence-").await.expect("an answer").len(), 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_loss_of_a_master_a_node_that_publishes_nothing_works_again() {
    // The other shards go on working, so most requests succeed all the time.
    let mut cluster = RedisCluster::with(&["--cluster-require-full-coverage", "no"]);
    let node = Node::start(&cluster.url(), "quiet").await;
    let probe: u16 = cluster.masters[0].ask("CLUSTER KEYSLOT quiet:probe");
    let id: String = cluster.masters[0].ask("CLUSTER MYID");
    assert!(!owns(&cluster.masters[0], &id, probe), "another prefix has to be chosen");
    // All connections are made before the loss.
    node.publish("news", "before").await;
    cluster.kill_master();
    node.wait_health("a shard is down", |health| !health.is_well()).await;
    // Several beats, because one that fails may be noticed late.
    let mut looks = 0;
    let is_well_for_long = async || {
        looks = if node.cluster.health().borrow().is_well() { looks + 1 } else { 0 };
        looks == 150
    };
    eventually("the node works for a while", is_well_for_long).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slot_that_moves_takes_its_subscribers_along() {
    let cluster = RedisCluster::start();
    let (nodes, _) = two_nodes(&cluster).await;
    let key = "fault:{app/presence-3}";
    let slot: u16 = cluster.masters[0].ask(&format!("CLUSTER KEYSLOT {key}"));
    let id = |server: &Redis| server.ask::<String>("CLUSTER MYID");
    let owner = cluster.masters.iter().position(|server| {
        server.ask::<String>("CLUSTER INFO").contains("cluster_state:ok") && owns(server, &id(server), slot)
    });
    let from = &cluster.masters[owner.expect("someone owns it")];
    let to = cluster.masters.iter().find(|server| server.port() != from.port()).expect("three masters");
    let gaps = nodes.each_ref().map(|node| node.cluster.mishaps(Mishap::Gap));
    to.execute(&format!("CLUSTER SETSLOT {slot} IMPORTING {}", id(from)));
    from.execute(&format!("CLUSTER SETSLOT {slot} MIGRATING {}", id(to)));
    loop {
        let keys: Vec<String> = from.ask(&format!("CLUSTER GETKEYSINSLOT {slot} 100"));
        if keys.is_empty() {
            break;
        }
        for key in keys {
            from.execute(&format!("MIGRATE 127.0.0.1 {} {key} 0 5000", to.port()));
        }
    }
    for server in [to, from] {
        server.execute(&format!("CLUSTER SETSLOT {slot} NODE {}", id(to)));
    }
    for (node, gaps) in nodes.iter().zip(gaps) {
        node.wait_gap(gaps).await;
    }
    nodes[1].join("presence-3", Some("cem")).await;
    wait_rooms(&nodes, &["presence-3".to_owned()], &["ada", "bob", "cem"]).await;
    wait_connected(&nodes, &["presence-3".to_owned()]).await;
}

/// True if a server says that it serves a slot.
fn owns(server: &Redis, id: &str, slot: u16) -> bool {
    let nodes: String = server.ask("CLUSTER NODES");
    let line = nodes.lines().find(|line| line.starts_with(id)).expect("it knows itself");
    line.split_ascii_whitespace().skip(8).filter(|range| !range.starts_with('[')).any(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let slots = first.parse().expect("a slot")..=last.parse().expect("a slot");
        slots.contains(&slot)
    })
}
