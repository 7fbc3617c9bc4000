//! A master that a Sentinel watches.

use clairon_cluster::Notice;
use futures_util::future::join_all;

use crate::{
    contract,
    support::{
        node::{Node, app, event, name, soon},
        sentinel::Sentinel,
    },
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_contract_holds_and_a_new_master_costs_nobody_their_place() {
    let mut sentinel = Sentinel::start();
    contract::check_without_raw(&sentinel.url()).await;
    let nodes = [Node::start(&sentinel.url(), "fault").await, Node::start(&sentinel.url(), "fault").await];
    for (node, user) in nodes.iter().zip(["ada", "bob"]) {
        node.join("presence-x", Some(user)).await;
    }
    sentinel.master.kill();
    nodes[0].wait_health("the master is gone", |health| !health.is_well()).await;
    let joining = nodes[0].cluster.join(&app(), &name("presence-x"), Node::joining(Some("cem")));
    soon("a join", joining).await.expect("room");
    for node in &nodes {
        node.wait_health("well", clairon_cluster::Health::is_well).await;
        node.wait_members("presence-x", &["ada", "bob", "cem"]).await;
        assert!(node.room("presence-x").removed.is_empty(), "nobody was away");
    }
    let heard = |log: &[Notice]| Node::texts(log, "presence-x").contains(&"after".to_owned()).then_some(());
    nodes[1].cluster.publish(vec![event("presence-x", "after")]).await.expect("published");
    join_all(nodes.iter().map(|node| node.wait("the event", heard))).await;
}
