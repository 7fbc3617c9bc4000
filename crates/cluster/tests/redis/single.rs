//! One server, and what can happen to it.

use std::time::Duration;

use clairon_cluster::{BusError, Mishap, Notice, TroubleKind};
use futures_util::future::{join_all, poll_immediate};

use crate::{
    contract,
    support::{
        node::{Node, app, event, name, settings, soon},
        proxy::Proxy,
        raw,
        redis_server::RedisServer,
    },
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_contract_holds() {
    let server = RedisServer::start();
    contract::check(&server.url()).await;
}

/// Redis delivers what is published to subscribers in all databases.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_databases_of_a_server_are_apart() {
    let server = RedisServer::start();
    let start = |database: &str| {
        let url = format!("{}/{database}", server.url());
        async move { Node::start(&url, "same").await }
    };
    let [zero, one, also_one] = [start("0").await, start("1").await, start("1").await];
    for (node, user) in [(&zero, "ada"), (&one, "bob"), (&also_one, "cem")] {
        node.join("presence-x", Some(user)).await;
    }
    zero.publish("presence-x", "for zero").await;
    one.publish("presence-x", "for one").await;
    zero.cluster.watch(&app(), &"dan".into());
    one.join("#server-to-user-dan", None).await;
    // The last notice of each node comes after all that it could have heard of others.
    also_one.publish("presence-x", "the last for one").await;
    zero.publish("presence-x", "the last for zero").await;
    for (node, texts) in [
        (&zero, ["for zero", "the last for zero"]),
        (&one, ["for one", "the last for one"]),
        (&also_one, ["for one", "the last for one"]),
    ] {
        let all = |log: &[Notice]| {
            let heard = Node::texts(log, "presence-x");
            heard.last().is_some_and(|text| text.starts_with("the last")).then_some(heard)
        };
        assert_eq!(node.wait("the last event", all).await, texts);
    }
    zero.wait_members("presence-x", &["ada"]).await;
    one.wait_members("presence-x", &["bob", "cem"]).await;
    let online = |log: &[Notice]| {
        let is_online = |notice: &Notice| match notice {
            Notice::Online { is_online, .. } => Some(*is_online),
            _ => None,
        };
        let told: Vec<bool> = log.iter().filter_map(is_online).collect();
        (!told.is_empty()).then_some(told)
    };
    assert_eq!(zero.wait("whether dan is online", online).await, [false]);
}

/// Two nodes with a member each.
async fn two_nodes(url: &str) -> [Node; 2] {
    let [a, b] = [Node::start(url, "fault").await, Node::start(url, "fault").await];
    join_all([a.join("presence-x", Some("ada")), b.join("presence-x", Some("bob"))]).await;
    for node in [&a, &b] {
        node.wait_members("presence-x", &["ada", "bob"]).await;
    }
    [a, b]
}

async fn wait_deaf(node: &Node) {
    node.wait_health("deaf", |health| health.trouble.as_ref().is_some_and(|trouble| trouble.kind == TroubleKind::Deaf))
        .await;
}

async fn wait_well(node: &Node) {
    node.wait_health("well", clairon_cluster::Health::is_well).await;
}

/// Publishes on one node until both nodes have it; the first attempts may be refused.
async fn wait_connected(from: &Node, to: &Node, text: &str) {
    wait_well(from).await;
    wait_well(to).await;
    let publish = async {
        while from.cluster.publish(vec![event("presence-x", text)]).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    soon("an event is published", publish).await;
    let has = |log: &[Notice]| Node::texts(log, "presence-x").iter().any(|other| other == text).then_some(());
    to.wait("the event", has).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_without_its_data_loses_nobody() {
    let mut server = RedisServer::start();
    let [a, b] = two_nodes(&server.url()).await;
    join_all([a.join("presence-y", Some("eve")), b.join("presence-x", Some("dan"))]).await;
    server.kill();
    wait_deaf(&a).await;
    wait_deaf(&b).await;
    assert_eq!(a.cluster.publish(vec![event("presence-x", "lost")]).await, Err(BusError::Unavailable));
    let mut joining = a.cluster.join(&app(), &name("presence-x"), Node::joining(Some("cem")));
    assert!(poll_immediate(&mut joining).await.is_none());
    a.leave("presence-y", Some("eve"));
    b.leave("presence-x", Some("bob"));
    assert!(b.cluster.channels(&app(), "").await.is_err());
    server.run();
    soon("the join", joining).await.expect("room");
    for node in [&a, &b] {
        wait_well(node).await;
        node.wait_members("presence-x", &["ada", "cem", "dan"]).await;
        assert_eq!(node.room("presence-x").removed.keys().collect::<Vec<_>>(), ["bob"], "who stayed was never away");
        assert!(node.cluster.mishaps(Mishap::Gap) >= 1);
    }
    wait_connected(&b, &a, "after").await;
    let channels = a.cluster.channels(&app(), "").await.expect("an answer");
    assert_eq!(channels.iter().map(|info| (info.name.as_str(), info.members)).collect::<Vec<_>>(), [("presence-x", 3)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_restart_the_first_request_is_not_refused() {
    let mut server = RedisServer::start();
    let [a, b] = two_nodes(&server.url()).await;
    a.cluster.publish(vec![event("presence-x", "before")]).await.expect("the bus");
    a.cluster.channels(&app(), "").await.expect("the ledger");
    server.kill();
    wait_deaf(&a).await;
    server.run();
    wait_well(&a).await;
    wait_well(&b).await;
    a.cluster.publish(vec![event("presence-x", "after")]).await.expect("the bus, at once");
    a.cluster.channels(&app(), "").await.expect("the ledger, at once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_with_older_data_ends_with_what_is_true() {
    let mut server = RedisServer::start_with(&["--appendonly", "no", "--save", "3600 1"]);
    let [a, b] = two_nodes(&server.url()).await;
    b.join("presence-x", Some("old")).await;
    server.ask::<()>("SAVE", &[]);
    b.leave("presence-x", Some("old"));
    b.join("presence-x", Some("new")).await;
    for node in [&a, &b] {
        node.wait_members("presence-x", &["ada", "bob", "new"]).await;
    }
    server.kill();
    wait_deaf(&a).await;
    wait_deaf(&b).await;
    server.run();
    wait_connected(&a, &b, "after").await;
    wait_connected(&b, &a, "after that").await;
    let late = b.join("presence-x", Some("late")).await;
    for node in [&a, &b] {
        node.wait_members("presence-x", &["ada", "bob", "late", "new"]).await;
        let room = node.room("presence-x");
        assert!(room.version >= late.version);
        assert!(room.removed.keys().all(|user| user == "old"), "{room:?}");
    }
    let users = a.cluster.users(&app(), &name("presence-x")).await.expect("an answer");
    assert_eq!(users.len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_short_cut_is_repaired_by_the_difference() {
    let server = RedisServer::start();
    let proxy = Proxy::start(server.port()).await;
    let [a, b] = [Node::start(&proxy.url(), "cut").await, Node::start(&server.url(), "cut").await];
    a.join("presence-x", Some("ada")).await;
    join_all([b.join("presence-x", Some("bob")), b.join("presence-x", Some("cem"))]).await;
    a.wait_members("presence-x", &["ada", "bob", "cem"]).await;
    proxy.cut();
    wait_deaf(&a).await;
    b.leave("presence-x", Some("bob"));
    b.join("presence-x", Some("dan")).await;
    proxy.mend();
    a.wait_members("presence-x", &["ada", "cem", "dan"]).await;
    wait_connected(&b, &a, "after").await;
    for _ in 0..3 {
        proxy.hiccup();
        wait_connected(&a, &b, "again").await;
    }
    assert_eq!(b.room("presence-x").removed.keys().collect::<Vec<_>>(), ["bob"], "nobody else was away");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_cut_off_is_removed_and_comes_back() {
    let server = RedisServer::start();
    let proxy = Proxy::start(server.port()).await;
    let [a, b] = [Node::start(&proxy.url(), "off").await, Node::start(&server.url(), "off").await];
    join_all([a.join("presence-x", Some("ada")), b.join("presence-x", Some("bob"))]).await;
    b.wait_members("presence-x", &["ada", "bob"]).await;
    proxy.cut();
    b.wait_members("presence-x", &["bob"]).await;
    wait_deaf(&a).await;
    b.join("presence-x", Some("cem")).await;
    proxy.mend();
    for node in [&a, &b] {
        node.wait_members("presence-x", &["ada", "bob", "cem"]).await;
    }
    wait_connected(&b, &a, "after").await;
    assert!(a.room("presence-x").removed.is_empty(), "nobody left");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_becomes_a_replica_is_refused_until_it_is_master_again() {
    let server = RedisServer::start();
    let [a, b] = two_nodes(&server.url()).await;
    server.ask::<()>("REPLICAOF", &["127.0.0.1", "1"]);
    let health = a
        .wait_health("a refusal", |health| {
            health.trouble.as_ref().is_some_and(|trouble| trouble.cause.contains("replica"))
        })
        .await;
    assert_eq!(health.trouble.expect("it is there").kind, TroubleKind::CannotWrite);
    let joining = b.cluster.join(&app(), &name("presence-x"), Node::joining(Some("cem")));
    server.ask::<()>("REPLICAOF", &["NO", "ONE"]);
    soon("the join", joining).await.expect("room");
    for node in [&a, &b] {
        node.wait_members("presence-x", &["ada", "bob", "cem"]).await;
        wait_well(node).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_memory_joins_wait_and_nothing_is_lost() {
    let server = RedisServer::start();
    let [a, b] = two_nodes(&server.url()).await;
    server.ask::<()>("CONFIG", &["SET", "maxmemory", "1"]);
    let joining = a.cluster.join(&app(), &name("presence-x"), Node::joining(Some("cem")));
    a.leave("presence-x", Some("ada"));
    let is_full =
        |health: &clairon_cluster::Health| health.trouble.as_ref().is_some_and(|trouble| trouble.cause.contains("OOM"));
    a.wait_health("no memory", is_full).await;
    let mut cached = event("cache-x", "x");
    cached.cache = Some(clairon_cluster::CacheEntry { data: "x".into(), ttl_seconds: 9 });
    assert_eq!(a.cluster.publish(vec![cached]).await, Err(BusError::Unavailable));
    server.ask::<()>("CONFIG", &["SET", "maxmemory", "0"]);
    soon("the join", joining).await.expect("room");
    for node in [&a, &b] {
        node.wait_members("presence-x", &["bob", "cem"]).await;
        wait_well(node).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_answers_nothing_for_longer_than_a_lease_costs_nobody_their_place() {
    let server = RedisServer::start();
    let [a, b] = two_nodes(&server.url()).await;
    server.pause();
    assert_eq!(a.cluster.publish(vec![event("presence-x", "slow")]).await, Err(BusError::Unavailable));
    wait_deaf(&a).await;
    wait_deaf(&b).await;
    // Longer than a lease: all of them are over when the server goes on.
    tokio::time::sleep(settings(&server.url(), "fault").lease * 2).await;
    server.resume();
    wait_connected(&a, &b, "after").await;
    wait_connected(&b, &a, "after that").await;
    let late = a.join("presence-x", Some("late")).await;
    for node in [&a, &b] {
        node.wait_members("presence-x", &["ada", "bob", "late"]).await;
        assert!(node.room("presence-x").version >= late.version);
        assert!(node.room("presence-x").removed.is_empty(), "nobody was away");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emptied_server_is_filled_again() {
    let server = RedisServer::start();
    let [a, b] = two_nodes(&server.url()).await;
    server.ask::<()>("FLUSHALL", &[]);
    let complete = async {
        while a.cluster.users(&app(), &name("presence-x")).await.expect("an answer").len() < 2 {
            tokio::task::yield_now().await;
        }
    };
    soon("both are back in the ledger", complete).await;
    a.join("presence-x", Some("cem")).await;
    for node in [&a, &b] {
        node.wait_members("presence-x", &["ada", "bob", "cem"]).await;
        assert!(node.room("presence-x").removed.is_empty(), "nobody was away");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_forgotten_node_left_is_found_by_who_comes_by() {
    let server = RedisServer::start();
    let [a, b] = two_nodes(&server.url()).await;
    let mut raw = raw(&server.url()).await;
    // A node was paused between its fence and its change, for so long that everyone had forgotten it.
    let record = "fault:{app/presence-x}";
    raw.ask::<()>(&["HSET", record, "nghost", "1", "mghost eve", "", "ueve", r#"1 {"user_id":"eve"}"#]).await;
    raw.ask::<()>(&["HINCRBY", record, "t", "1"]).await;
    raw.ask::<()>(&["HINCRBY", record, "p", "1"]).await;
    let nodes: String = raw.ask(&["HGET", record, "s"]).await;
    raw.ask::<()>(&["HSET", record, "s", &format!("{nodes} ghost")]).await;
    // They look once a lease has passed since they came.
    let settled = async {
        while raw.ask::<bool>(&["HEXISTS", record, "nghost"]).await {
            a.join("presence-x", Some("ada")).await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    soon("the ghost is gone", settled).await;
    let users = b.cluster.users(&app(), &name("presence-x")).await.expect("an answer");
    assert_eq!(users.len(), 2);
}
