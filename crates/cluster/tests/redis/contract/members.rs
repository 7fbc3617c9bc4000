use std::collections::BTreeMap;

use clairon_cluster::{JoinRequest, Notice};
use clairon_protocol::{Edge, Limits, Member, NoRoom, PresenceRoom};
use futures_util::future::{join_all, poll_immediate};

use crate::support::node::{Node, app, name, wait_edges};

pub(crate) async fn one_edge_however_many_join_at_once(url: &str) {
    let nodes = join_all((0..3).map(|_| Node::start(url, "edges"))).await;
    let all: Vec<&Node> = nodes.iter().collect();
    for round in 1..=5 {
        let joins = nodes.iter().flat_map(|node| (0..3).map(move |_| node.join("presence-x", Some("ada"))));
        join_all(joins).await;
        for node in &nodes {
            node.wait_members("presence-x", &["ada"]).await;
        }
        for node in &nodes {
            (0..3).for_each(|_| node.leave("presence-x", Some("ada")));
        }
        let once = [Edge::Occupied, Edge::MemberAdded("ada".into()), Edge::MemberRemoved("ada".into()), Edge::Vacated];
        wait_edges(&all, "presence-x", &vec![once; round].concat()).await;
    }
    let rounds = BTreeMap::from([("ada".to_owned(), 1)]);
    for node in &nodes {
        let room = node.room("presence-x");
        assert!(room.added.values().all(|count| *count <= 5) && room.added.keys().eq(rounds.keys()), "{room:?}");
    }
}

pub(crate) async fn a_full_channel_takes_its_members(url: &str) {
    let nodes = join_all((0..3).map(|_| Node::start(url, "full"))).await;
    let users = ["ada", "bob", "cem", "dan", "eve", "fay"];
    let join = |(index, user): (usize, &&'static str)| {
        let (node, user) = (&nodes[index % 3], *user);
        async move { (user, node.join_limited("presence-x", user, 2).await) }
    };
    let results = join_all(users.iter().enumerate().map(join)).await;
    let mut members: Vec<&str> = results.iter().filter(|(_, result)| result.is_ok()).map(|(user, _)| *user).collect();
    members.sort_unstable();
    assert_eq!(members.len(), 2, "{results:?}");
    assert!(results.iter().all(|(_, result)| result.is_ok() || *result == Err(NoRoom::Members { limit: 2 })));
    for node in &nodes {
        assert!(node.join_limited("presence-x", members[0], 2).await.is_ok(), "a member is never refused");
        node.wait_members("presence-x", &members).await;
    }
    let info = nodes[0].cluster.infos(&app(), &[name("presence-x")]).await.expect("an answer");
    assert_eq!((info[0].connections, info[0].members), (5, 2));
}

pub(crate) async fn members_have_so_many_bytes_together(url: &str) {
    let nodes = join_all((0..2).map(|_| Node::start(url, "bytes"))).await;
    // {"user_id":"ada","user_info":null} has 34 bytes.
    let room = PresenceRoom { members: 9, bytes: 3 * 34 + 33 };
    let users = ["ada", "bob", "cem", "dan", "eve", "fay"];
    let join = |(index, user): (usize, &&'static str)| {
        let (node, user) = (&nodes[index % 2], *user);
        async move { (user, node.join_room("presence-x", user, room).await) }
    };
    let results = join_all(users.iter().enumerate().map(join)).await;
    let mut members: Vec<&str> = results.iter().filter(|(_, result)| result.is_ok()).map(|(user, _)| *user).collect();
    members.sort_unstable();
    assert_eq!(members.len(), 3, "{results:?}");
    let refused = Err(NoRoom::Bytes { limit: room.bytes });
    assert!(results.iter().all(|(_, result)| result.is_ok() || *result == refused), "{results:?}");
    // The room of a member that has left is free again.
    let index = users.iter().position(|user| *user == members[0]).expect("a member");
    nodes[index % 2].leave("presence-x", Some(members[0]));
    nodes[0].wait_members("presence-x", &members[1..]).await;
    assert!(nodes[0].join_room("presence-x", "gus", room).await.is_ok());
    assert!(nodes[1].join_room("presence-x", members[1], room).await.is_ok(), "a member is never refused");
    assert_eq!(nodes[1].join_room("presence-x", "hal", room).await, refused);
}

pub(crate) async fn a_rejoin_reads_the_channel_again(url: &str) {
    let [a, b] = [Node::start(url, "rejoin").await, Node::start(url, "rejoin").await];
    a.join("presence-x", Some("ada")).await;
    b.join("presence-x", Some("bob")).await;
    a.leave("presence-x", Some("ada"));
    b.wait_members("presence-x", &["bob"]).await;
    b.join("presence-x", Some("cem")).await;
    let joined = a.join("presence-x", Some("ada")).await;
    let version = |log: &[Notice]| {
        log.iter().rev().find_map(|notice| match notice {
            Notice::Loaded { state, .. } => Some((state.version, state.members.len())),
            _ => None,
        })
    };
    assert_eq!(a.wait("a state", version).await, (joined.version, 3));
}

pub(crate) async fn ids_keep_their_type_and_letters(url: &str) {
    let [a, b] = [Node::start(url, "ids").await, Node::start(url, "ids").await];
    let parse = |json: &str| Member::parse(json, &Limits::default()).expect("a member");
    let odd = r#"{"user_id":"é }:online 7","user_info":{"a":"line\nfeed","b":[]}}"#;
    let members = [parse(r#"{"user_id":7,"user_info":true}"#), parse(odd)];
    b.join("presence-x", Some("bob")).await;
    for member in &members {
        let joining = JoinRequest {
            member: Some(member.clone()),
            room: PresenceRoom { members: 9, bytes: usize::MAX },
            counts: false,
            wants_state: false,
            wants_miss: false,
        };
        a.cluster.join(&app(), &name("presence-x"), joining).await.expect("room");
    }
    let encode = |member: &Member| {
        let mut out = Vec::new();
        member.user_id.encode(&mut out);
        String::from_utf8(out).expect("UTF-8") + &member.info_json()
    };
    let both = |log: &[Notice]| {
        let added = |notice: &Notice| match notice {
            Notice::MemberAdded { member, .. } => Some(encode(member)),
            _ => None,
        };
        let added: Vec<String> = log.iter().filter_map(added).collect();
        (added.len() >= 3).then_some(added)
    };
    let added = b.wait("both", both).await;
    assert_eq!(added[1..], members.each_ref().map(encode));
    let mut users: Vec<String> = b
        .cluster
        .users(&app(), &name("presence-x"))
        .await
        .expect("an answer")
        .iter()
        .map(ToString::to_string)
        .collect();
    users.sort();
    assert_eq!(users, ["7", "bob", "é }:online 7"]);
}

pub(crate) async fn a_join_that_is_dropped_is_undone(url: &str) {
    let [a, b] = [Node::start(url, "undone").await, Node::start(url, "undone").await];
    b.join("presence-x", Some("bob")).await;
    let mut join = a.cluster.join(&app(), &name("presence-x"), Node::joining(Some("ada")));
    assert!(poll_immediate(&mut join).await.is_none());
    drop(join);
    let mut join = a.cluster.join(&app(), &name("presence-x"), Node::joining(Some("cem")));
    (&mut join).await.expect("room");
    drop(join);
    b.wait_members("presence-x", &["bob", "cem"]).await;
    let info = a.cluster.infos(&app(), &[name("presence-x")]).await.expect("an answer");
    assert_eq!((info[0].connections, info[0].members), (2, 2));
}
