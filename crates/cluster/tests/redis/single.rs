//! One server, and the faults of it.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use clairon_cluster::{BusError, ClusterSettings, Mishap, Notice, TroubleKind};
use clairon_test_servers::{Proxy, Redis};
use futures_util::future::{join_all, poll_immediate};

use crate::support::{
    node::{Node, app, brisk_settings, event, eventually, name, settings, soon},
    raw,
};

/// The contract over one server.
mod default {
    use clairon_test_servers::{Redis, SharedServer};

    use crate::contract::contract;

    static SERVER: SharedServer<Redis> = SharedServer::new(Redis::start);

    contract!(SERVER);
}

/// Redis delivers a message to the subscribers in all databases.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_databases_of_a_server_are_separate() {
    let server = Redis::start();
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
    // The last notice of each node comes after everything that it could have received from other databases.
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
        let seen: Vec<bool> = log.iter().filter_map(is_online).collect();
        (!seen.is_empty()).then_some(seen)
    };
    assert_eq!(zero.wait("whether dan is online", online).await, [false]);
}

/// The URL of a Redis behind a proxy.
fn through(proxy: &Proxy) -> String {
    format!("redis://127.0.0.1:{}", proxy.port())
}

/// Two nodes with a member each.
async fn two_nodes(url: &str) -> [Node; 2] {
    with_a_member_each([Node::start(url, "fault").await, Node::start(url, "fault").await]).await
}

/// The same with leases that end within the test.
async fn two_brisk_nodes(url: &str) -> [Node; 2] {
    with_a_member_each([Node::start_brisk(url, "fault").await, Node::start_brisk(url, "fault").await]).await
}

async fn with_a_member_each([a, b]: [Node; 2]) -> [Node; 2] {
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
    let is_published = async || from.cluster.publish(vec![event("presence-x", text)]).await.is_ok();
    eventually("an event is published", is_published).await;
    let has = |log: &[Notice]| Node::texts(log, "presence-x").iter().any(|other| other == text).then_some(());
    to.wait("the event", has).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_without_data_removes_no_member() {
    let mut server = Redis::start();
    let [a, b] = two_brisk_nodes(&server.url()).await;
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
        assert_eq!(
            node.room("presence-x").removed.keys().collect::<Vec<_>>(),
            ["bob"],
            "only the member that left was removed"
        );
        assert!(node.cluster.mishaps(Mishap::Gap) >= 1);
    }
    wait_connected(&b, &a, "after").await;
    let channels = a.cluster.channels(&app(), "").await.expect("an answer");
    assert_eq!(channels.iter().map(|info| (info.name.as_str(), info.members)).collect::<Vec<_>>(), [("presence-x", 3)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_restart_the_first_request_is_not_refused() {
    let mut server = Redis::start();
    let [a, b] = two_nodes(&server.url()).await;
    a.cluster.publish(vec![event("presence-x", "before")]).await.expect("published");
    a.cluster.channels(&app(), "").await.expect("an answer");
    server.kill();
    wait_deaf(&a).await;
    server.run();
    wait_well(&a).await;
    wait_well(&b).await;
    a.cluster.publish(vec![event("presence-x", "after")]).await.expect("published at once");
    a.cluster.channels(&app(), "").await.expect("answered at once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_with_older_data_is_corrected() {
    let mut server = Redis::with(&["--appendonly", "no", "--save", "3600 1"]);
    let [a, b] = two_brisk_nodes(&server.url()).await;
    b.join("presence-x", Some("old")).await;
    server.execute("SAVE");
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
async fn after_a_short_cut_only_the_difference_is_seen() {
    let server = Redis::start();
    let proxy = Proxy::start(server.port());
    let [a, b] = [Node::start(&through(&proxy), "cut").await, Node::start(&server.url(), "cut").await];
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
    assert_eq!(b.room("presence-x").removed.keys().collect::<Vec<_>>(), ["bob"], "no other member was removed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_cut_off_is_removed_and_comes_back() {
    let server = Redis::start();
    let proxy = Proxy::start(server.port());
    let [a, b] = [Node::start_brisk(&through(&proxy), "off").await, Node::start_brisk(&server.url(), "off").await];
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
    assert!(a.room("presence-x").removed.is_empty(), "no member left");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_becomes_a_replica_is_refused_until_it_is_master_again() {
    let server = Redis::start();
    let [a, b] = two_nodes(&server.url()).await;
    server.execute("REPLICAOF 127.0.0.1 1");
    let health = a
        .wait_health("a refusal", |health| {
            health.trouble.as_ref().is_some_and(|trouble| trouble.cause.contains("replica"))
        })
        .await;
    assert_eq!(health.trouble.expect("it is there").kind, TroubleKind::CannotWrite);
    let joining = b.cluster.join(&app(), &name("presence-x"), Node::joining(Some("cem")));
    server.execute("REPLICAOF NO ONE");
    soon("the join", joining).await.expect("room");
    for node in [&a, &b] {
        node.wait_members("presence-x", &["ada", "bob", "cem"]).await;
        wait_well(node).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_memory_joins_wait_and_nothing_is_lost() {
    let server = Redis::start();
    let [a, b] = two_nodes(&server.url()).await;
    server.set("maxmemory", "1");
    let joining = a.cluster.join(&app(), &name("presence-x"), Node::joining(Some("cem")));
    a.leave("presence-x", Some("ada"));
    let is_full =
        |health: &clairon_cluster::Health| health.trouble.as_ref().is_some_and(|trouble| trouble.cause.contains("OOM"));
    a.wait_health("no memory", is_full).await;
    let mut cached = event("cache-x", "x");
    cached.cache = Some(clairon_cluster::CacheEntry {
        data: "x".into(),
        ttl_seconds: 9,
        room: clairon_protocol::CacheRoom::UNLIMITED,
        ends_miss: true,
    });
    assert_eq!(a.cluster.publish(vec![cached]).await, Err(BusError::Unavailable));
    server.set("maxmemory", "0");
    soon("the join", joining).await.expect("room");
    for node in [&a, &b] {
        node.wait_members("presence-x", &["bob", "cem"]).await;
        wait_well(node).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_paused_for_longer_than_a_lease_removes_no_member() {
    let server = Redis::start();
    let [a, b] = two_brisk_nodes(&server.url()).await;
    server.freeze();
    assert_eq!(a.cluster.publish(vec![event("presence-x", "slow")]).await, Err(BusError::Unavailable));
    wait_deaf(&a).await;
    wait_deaf(&b).await;
    // The time itself is the fault. All leases have ended when the server goes on.
    tokio::time::sleep(brisk_settings(&server.url(), "fault").lease * 2).await;
    server.thaw();
    wait_connected(&a, &b, "after").await;
    wait_connected(&b, &a, "after that").await;
    let late = a.join("presence-x", Some("late")).await;
    for node in [&a, &b] {
        node.wait_members("presence-x", &["ada", "bob", "late"]).await;
        assert!(node.room("presence-x").version >= late.version);
        assert!(node.room("presence-x").removed.is_empty(), "no member was removed");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emptied_server_is_filled_again() {
    let server = Redis::start();
    let [a, b] = two_brisk_nodes(&server.url()).await;
    server.execute("FLUSHALL");
    let is_complete = async || a.cluster.users(&app(), &name("presence-x")).await.expect("an answer").len() == 2;
    eventually("both members are back in the ledger", is_complete).await;
    a.join("presence-x", Some("cem")).await;
    for node in [&a, &b] {
        node.wait_members("presence-x", &["ada", "bob", "cem"]).await;
        assert!(node.room("presence-x").removed.is_empty(), "no member was removed");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_share_of_an_unknown_node_is_removed_when_it_is_found() {
    let server = Redis::start();
    let [a, b] = two_brisk_nodes(&server.url()).await;
    let mut raw = raw(&server.url()).await;
    // The node was paused between two requests for so long that it was removed meanwhile. Then its change arrived.
    let record = "fault:{app/presence-x}";
    raw.ask::<()>(&["HSET", record, "nghost", "1", "mghost eve", "", "ueve", r#"1 {"user_id":"eve"}"#]).await;
    raw.ask::<()>(&["HINCRBY", record, "t", "1"]).await;
    raw.ask::<()>(&["HINCRBY", record, "p", "1"]).await;
    let nodes: String = raw.ask(&["HGET", record, "s"]).await;
    raw.ask::<()>(&["HSET", record, "s", &format!("{nodes} ghost")]).await;
    // Nodes remove other nodes only after the time of a lease since their own start.
    let is_removed = async || {
        a.join("presence-x", Some("ada")).await;
        !raw.ask::<bool>(&["HEXISTS", record, "nghost"]).await
    };
    eventually("the share is removed", is_removed).await;
    let users = b.cluster.users(&app(), &name("presence-x")).await.expect("an answer");
    assert_eq!(users.len(), 2);
}

/// A node sends its number of clients with each beat, and at once if a client waits for room. If both were on their way
/// at the same time, an older number could replace a newer one, and one place could admit two clients.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_capacity_holds_while_clients_come_and_go_during_beats() {
    const CAPACITY: usize = 4;
    let server = Redis::start();
    let fast = || ClusterSettings { beat: Duration::from_millis(1), ..settings(&server.url(), "capacity") };
    let nodes = join_all((0..3).map(|_| Node::try_start(fast()))).await;
    let nodes: Vec<Node> = nodes.into_iter().map(|node| node.expect("a node")).collect();
    let (connected, app) = (AtomicUsize::new(0), app());
    let come_and_go = async |node: &Node| {
        for _ in 0..2_000 {
            if node.cluster.connect_client(&app, Some(CAPACITY as u64)).await.is_ok() {
                let count = connected.fetch_add(1, Ordering::SeqCst) + 1;
                assert!(count <= CAPACITY, "{count} clients");
                tokio::task::yield_now().await;
                connected.fetch_sub(1, Ordering::SeqCst);
                node.cluster.disconnect_client(&app);
            }
        }
    };
    soon("all clients", join_all((0..12).map(|number| come_and_go(&nodes[number % 3])))).await;
}
