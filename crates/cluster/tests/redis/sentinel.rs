//! A master that Sentinels watch.

use clairon_cluster::Notice;
use clairon_test_servers::{Sentinels, SharedServer};
use futures_util::future::join_all;

use crate::{
    contract::contract_for_nodes,
    support::node::{Node, app, event, name, soon},
};

static SENTINELS: SharedServer<Sentinels> = SharedServer::new(Sentinels::start);

contract_for_nodes!(SENTINELS);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_master_removes_no_member() {
    let mut sentinels = Sentinels::start();
    let nodes = [Node::start(&sentinels.url(), "fault").await, Node::start(&sentinels.url(), "fault").await];
    for (node, user) in nodes.iter().zip(["ada", "bob"]) {
        node.join("presence-x", Some(user)).await;
    }
    sentinels.kill_master();
    nodes[0].wait_health("the master is gone", |health| !health.is_well()).await;
    let joining = nodes[0].cluster.join(&app(), &name("presence-x"), Node::joining(Some("cem")));
    soon("a join", joining).await.expect("room");
    for node in &nodes {
        node.wait_health("well", clairon_cluster::Health::is_well).await;
        node.wait_members("presence-x", &["ada", "bob", "cem"]).await;
        assert!(node.room("presence-x").removed.is_empty(), "no member was removed");
    }
    let heard = |log: &[Notice]| Node::texts(log, "presence-x").contains(&"after".to_owned()).then_some(());
    nodes[1].cluster.publish(vec![event("presence-x", "after")]).await.expect("published");
    join_all(nodes.iter().map(|node| node.wait("the event", heard))).await;
}
