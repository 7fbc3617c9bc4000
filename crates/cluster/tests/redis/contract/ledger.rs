use clairon_cluster::{Notice, OverCapacity};
use clairon_protocol::Edge;
use futures_util::future::join_all;

use crate::support::node::{Node, app, eventually, name, soon, wait_edges};

pub(crate) async fn counts_are_published(url: &str) {
    let [a, b] = [Node::start(url, "counts").await, Node::start(url, "counts").await];
    a.join("news", None).await;
    join_all([b.join("news", None), b.join("news", None)]).await;
    for node in [&a, &b] {
        let counted =
            |log: &[Notice]| log.iter().find(|notice| matches!(notice, Notice::Count { connections: 3, .. })).map(drop);
        if node.room("news").connections != 3 {
            node.wait("three", counted).await;
        }
    }
    b.leave("news", None);
    let two = |log: &[Notice]| matches!(log.last(), Some(Notice::Count { connections: 2, .. })).then_some(());
    a.wait("two", two).await;
}

pub(crate) async fn capacity_is_shared(url: &str) {
    let nodes = join_all((0..3).map(|_| Node::start(url, "capacity"))).await;
    let (app, capacity) = (app(), Some(4));
    let connects = nodes.iter().flat_map(|node| [node, node]).map(|node| node.cluster.connect_client(&app, capacity));
    let results = join_all(connects).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 4, "{results:?}");
    assert!(results.iter().all(|result| result.is_ok() || *result == Err(OverCapacity { limit: 4 })));
    let holder = &nodes[results.iter().position(Result::is_ok).expect("one was admitted") / 2];
    holder.cluster.disconnect_client(&app);
    let other = nodes.iter().find(|node| !std::ptr::eq(*node, holder)).expect("three nodes");
    // The other node has room once the holder has sent its count.
    eventually("there is room", async || other.cluster.connect_client(&app, capacity).await.is_ok()).await;
    assert!(holder.cluster.connect_client(&app, capacity).await.is_err());
    assert!(holder.cluster.connect_client(&app, None).await.is_ok());
}

pub(crate) async fn a_watched_user_comes_and_goes(url: &str) {
    let [a, b] = [Node::start(url, "watch").await, Node::start(url, "watch").await];
    let (app, user) = (app(), "ada".into());
    let last = |expected: bool| {
        move |log: &[Notice]| {
            let online = |notice: &Notice| match notice {
                Notice::Online { is_online, version, .. } => Some((*is_online, *version)),
                _ => None,
            };
            log.iter().filter_map(online).max_by_key(|(_, version)| *version).filter(|(is, _)| *is == expected)
        }
    };
    a.cluster.watch(&app, &user);
    let (_, first) = a.wait("offline at first", last(false)).await;
    b.join("#server-to-user-ada", None).await;
    let (_, second) = a.wait("online", last(true)).await;
    b.leave("#server-to-user-ada", None);
    let (_, third) = a.wait("offline", last(false)).await;
    assert!(first < second && second < third);
    b.join("#server-to-user-ada", None).await;
    b.cluster.watch(&app, &user);
    b.wait("online by the ledger", last(true)).await;
    a.cluster.unwatch(&app, &user);
    a.cluster.terminate(&app, &user).await.expect("it is published");
    let terminated = |log: &[Notice]| {
        log.iter().find_map(|notice| match notice {
            Notice::Terminate { user_id, .. } => Some(user_id.to_string()),
            _ => None,
        })
    };
    assert_eq!(b.wait("the end", terminated).await, "ada");
}

pub(crate) async fn questions_are_answered_for_all_nodes(url: &str) {
    let [a, b] = [Node::start(url, "questions").await, Node::start(url, "questions").await];
    join_all([a.join("news", None), a.join("presence-x", Some("ada")), b.join("presence-x", Some("bob"))]).await;
    join_all([b.join("presence-x", Some("ada")), b.join("presence-y", Some("cem")), b.join("gone", None)]).await;
    b.leave("gone", None);
    wait_edges(&[&b], "gone", &[Edge::Occupied, Edge::Vacated]).await;
    for node in [&a, &b] {
        let read = async |prefix| {
            let channels = node.cluster.channels(&app(), prefix).await.expect("an answer");
            let row = |info: &clairon_cluster::ChannelInfo| (info.name.to_string(), info.connections, info.members);
            channels.iter().map(row).collect::<Vec<_>>()
        };
        let presence = [("presence-x".to_owned(), 3, 2), ("presence-y".to_owned(), 1, 1)];
        assert_eq!(read("").await, [&[("news".to_owned(), 1, 0)], &presence[..]].concat());
        assert_eq!(read("presence-").await, presence);
        assert!(read("presence-*").await.is_empty(), "a prefix is not a pattern");
        let infos = node.cluster.infos(&app(), &[name("none"), name("news")]).await.expect("an answer");
        assert_eq!((infos[0].connections, infos[1].connections), (0, 1));
        assert!(node.cluster.users(&app(), &name("none")).await.expect("an answer").is_empty());
    }
}

pub(crate) async fn thousands_leave_at_once(url: &str) {
    let [a, b] = [Node::start(url, "mass").await, Node::start(url, "mass").await];
    let users: Vec<String> = (0..2_000).map(|number| format!("user{number}")).collect();
    let room = |index: usize| format!("presence-{}", index % 500);
    let join = |(index, user): (usize, &String)| a.cluster.join(&app(), &name(&room(index)), Node::joining(Some(user)));
    let joins = join_all(users.iter().enumerate().map(join));
    assert!(soon("2,000 joins", joins).await.iter().all(Result::is_ok));
    assert_eq!(b.cluster.channels(&app(), "presence-").await.expect("an answer").len(), 500);
    for (index, user) in users.iter().enumerate() {
        a.leave(&room(index), Some(user));
    }
    a.join("presence-late", Some("ada")).await;
    b.join("presence-0", Some("ada")).await;
    b.wait_members("presence-0", &["ada"]).await;
    let is_emptied = async || b.cluster.channels(&app(), "presence-").await.expect("an answer").len() <= 2;
    eventually("500 channels are empty", is_emptied).await;
}
