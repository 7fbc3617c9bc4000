use clairon_cluster::Mishap;
use clairon_protocol::Edge;
use futures_util::future::join_all;

use crate::support::node::{Node, app, eventually, soon, wait_edges};

pub(crate) async fn a_crashed_node_is_removed_once(url: &str) {
    let start = || Node::start_brisk(url, "crash");
    let [a, b, crashing] = [start().await, start().await, start().await];
    join_all([a.join("presence-x", Some("ada")), b.join("presence-x", Some("bob"))]).await;
    join_all([crashing.join("presence-x", Some("ada")), crashing.join("presence-x", Some("cem"))]).await;
    join_all([crashing.join("news", None), crashing.join("presence-y", Some("cem"))]).await;
    assert!(crashing.cluster.connect_client(&app(), Some(1)).await.is_ok());
    a.wait_members("presence-x", &["ada", "bob", "cem"]).await;
    drop(crashing);
    for node in [&a, &b] {
        node.wait_members("presence-x", &["ada", "bob"]).await;
    }
    wait_edges(&[&a, &b], "presence-y", &[Edge::MemberRemoved("cem".into()), Edge::Vacated]).await;
    wait_edges(&[&a, &b], "news", &[Edge::Vacated]).await;
    let is_admitted = async || a.cluster.connect_client(&app(), Some(1)).await.is_ok();
    eventually("the client of the dead node does not count", is_admitted).await;
    let removed: Vec<Edge> = [a.edges("presence-x"), b.edges("presence-x")].concat();
    let removals = removed.iter().filter(|edge| matches!(edge, Edge::MemberRemoved(_)));
    assert_eq!(removals.collect::<Vec<_>>(), [&Edge::MemberRemoved("cem".into())]);
    assert_eq!(a.cluster.channels(&app(), "").await.expect("an answer").len(), 1);
}

pub(crate) async fn a_node_that_leaves_is_removed_at_once(url: &str) {
    let [a, leaving] = [Node::start(url, "leave").await, Node::start(url, "leave").await];
    a.join("presence-x", Some("ada")).await;
    join_all([leaving.join("presence-x", Some("ada")), leaving.join("presence-x", Some("bob"))]).await;
    leaving.join("presence-y", Some("bob")).await;
    a.wait_members("presence-x", &["ada", "bob"]).await;
    soon("a clean end", leaving.cluster.leave_cluster()).await.expect("Redis answers");
    a.wait_members("presence-x", &["ada"]).await;
    wait_edges(
        &[&leaving],
        "presence-y",
        &[Edge::Occupied, Edge::MemberAdded("bob".into()), Edge::MemberRemoved("bob".into()), Edge::Vacated],
    )
    .await;
    assert_eq!(a.cluster.channels(&app(), "").await.expect("an answer").len(), 1);
}

pub(crate) async fn a_lease_that_ended_is_renewed(url: &str) {
    let node = Node::start(url, "again").await;
    node.join("presence-x", Some("ada")).await;
    let mut raw = crate::support::raw(url).await;
    let ids = raw.members("again:nodes").await;
    for key in raw.keys("again:*:lease").await {
        raw.delete(&key).await;
    }
    node.join("presence-x", Some("bob")).await;
    eventually("the node has a lease", async || !raw.keys("again:*:lease").await.is_empty()).await;
    assert_eq!(raw.members("again:nodes").await, ids, "the node was not declared dead");
    assert_eq!(node.cluster.mishaps(Mishap::LostLease), 0);
    node.wait_members("presence-x", &["ada", "bob"]).await;
}

pub(crate) async fn a_node_that_was_declared_dead_comes_back(url: &str) {
    let [a, b] = [Node::start_brisk(url, "lease").await, Node::start_brisk(url, "lease").await];
    join_all([a.join("presence-x", Some("ada")), b.join("presence-x", Some("bob"))]).await;
    a.wait_members("presence-x", &["ada", "bob"]).await;
    let mut raw = crate::support::raw(url).await;
    // Their leases stay, so neither node declares the other one dead before that one has noticed.
    for key in raw.keys("lease:*:registration").await {
        raw.delete(&key).await;
    }
    // The next change or the next beat notices it. Then the room is as it was, under new ids.
    a.join("presence-x", Some("cem")).await;
    b.join("presence-y", Some("dan")).await;
    for node in [&a, &b] {
        node.wait_members("presence-x", &["ada", "bob", "cem"]).await;
    }
    let is_registered =
        async || raw.keys("lease:*:lease").await.len() == 2 && raw.members("lease:nodes").await.len() == 2;
    eventually("two new ids replace the old ones", is_registered).await;
    let infos = a.cluster.channels(&app(), "").await.expect("an answer");
    assert_eq!(infos.iter().map(|info| (info.connections, info.members)).collect::<Vec<_>>(), [(3, 3), (1, 1)]);
    assert_eq!(a.room("presence-x").removed.len(), 0, "no member was ever removed");
}
