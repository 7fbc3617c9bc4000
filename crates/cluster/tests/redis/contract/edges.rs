use std::{collections::HashMap, time::Duration};

use clairon_cluster::{ClusterSettings, JoinRequest, Notice};
use clairon_protocol::{Edge, StampedEdge};

use crate::support::node::{Node, app, eventually, name, remembered, settings, soon};

pub(crate) async fn versions_order_the_edges_of_a_channel(url: &str) {
    let [a, b] = [Node::start(url, "versions").await, Node::start(url, "versions").await];
    // Nodes take turns, and the channel is empty in between. Each turn ends before the next begins.
    let mut expected = 0;
    for turn in 0..4 {
        let node = [&a, &b][turn % 2];
        node.join("presence-v", Some("ada")).await;
        node.join("presence-v", Some("bob")).await;
        node.leave("presence-v", Some("ada"));
        node.leave("presence-v", Some("bob"));
        expected += 6;
        let count = || [&a, &b].iter().map(|node| node.log().stamped_edges("presence-v").len()).sum::<usize>();
        eventually("the channel is empty", async || count() == expected).await;
    }
    let mut all = [a.log().stamped_edges("presence-v"), b.log().stamped_edges("presence-v")].concat();
    all.sort_by_key(|stamped| stamped.version);
    // About each subject one edge undoes the last.
    let mut is_present = HashMap::new();
    for StampedEdge { edge, .. } in all {
        let (subject, now) = match edge {
            Edge::Occupied => ("the channel".to_owned(), true),
            Edge::Vacated => ("the channel".to_owned(), false),
            Edge::MemberAdded(user) => (user.to_string(), true),
            Edge::MemberRemoved(user) => (user.to_string(), false),
            Edge::Counted(_) | Edge::Missed => panic!("no presence channel has them"),
        };
        assert_ne!(is_present.insert(subject.clone(), now).unwrap_or_default(), now, "{subject}");
    }
    assert_eq!(is_present.len(), 3);
}

pub(crate) async fn counts_and_misses_are_edges(url: &str) {
    let [a, b] = [Node::start(url, "misses").await, Node::start(url, "misses").await];
    let join = async |node: &Node| {
        let joining = JoinRequest { wants_miss: true, ..Node::joining(None) };
        soon("a join", node.cluster.join(&app(), &name("cache-x"), joining)).await.expect("room");
    };
    let of = |node: &Node, wanted: fn(&Edge) -> bool| {
        let edges = node.log().stamped_edges("cache-x").into_iter();
        edges.filter(|stamped| wanted(&stamped.edge)).collect::<Vec<_>>()
    };
    let misses =
        |node: &Node| of(node, |edge| *edge == Edge::Missed).iter().map(|edge| edge.version).collect::<Vec<_>>();
    join(&a).await;
    join(&b).await;
    join(&b).await;
    eventually("each finds nothing", async || misses(&a).len() == 1 && misses(&b).len() == 2).await;
    let first = misses(&a)[0];
    assert_eq!(misses(&b), [first, first], "it is one miss");
    let counts = of(&b, |edge| matches!(edge, Edge::Counted(_)));
    assert_eq!(
        counts.iter().map(|stamped| stamped.edge.clone()).collect::<Vec<_>>(),
        [Edge::Counted(2), Edge::Counted(3)]
    );
    assert!(counts[0].version < counts[1].version);

    // After an event there is no miss; when it is forgotten, there is another one.
    a.cluster.publish(vec![remembered("cache-x", "kept")]).await.expect("it is published");
    join(&a).await;
    let mut raw = crate::support::raw(url).await;
    raw.delete("misses:{app/cache-x}:cache").await;
    join(&b).await;
    eventually("another miss", async || misses(&b).len() == 3).await;
    assert!(misses(&a).len() == 1 && misses(&b)[2] > first);
}

pub(crate) async fn what_is_occupied_is_read_with_its_members(url: &str) {
    // A node tells it only once a lease has passed since its start.
    let lease = Duration::from_secs(6);
    let settings = ClusterSettings { lease, response_timeout: lease / 3, ..settings(url, "occupied") };
    let start = async || Node::try_start(settings.clone()).await.expect("a node");
    let [a, b] = [start().await, start().await];
    let before = a.join("presence-o", Some("ada")).await.version;
    b.join("presence-o", Some("bob")).await;
    b.join("news", None).await;
    let mut found = None;
    eventually("the nodes know each other", async || {
        found = a.cluster.occupied(&app()).await.expect("an answer");
        found.is_some()
    })
    .await;
    let (version, channels) = found.expect("it is settled");
    let names: Vec<_> = channels.iter().map(|channel| channel.name.as_str()).collect();
    assert_eq!(names, ["news", "presence-o"]);
    let mut users: Vec<_> = channels[1].users.iter().map(ToString::to_string).collect();
    users.sort();
    assert_eq!((users, channels[0].users.len()), (vec!["ada".to_owned(), "bob".to_owned()], 0));
    assert!(channels[1].version > before && version > channels[1].version);

    // A node that leaves is missed.
    soon("a clean end", b.cluster.leave_cluster()).await.expect("Redis answers");
    let is_gone = |log: &[Notice]| log.iter().any(|notice| matches!(notice, Notice::NodeGone)).then_some(());
    a.wait("a node is gone", is_gone).await;
    let edges = b.log().left_behind("news");
    assert_eq!(edges, [(Edge::Vacated, true)], "its clients were left behind");
}
