use clairon_cluster::Notice;
use clairon_protocol::SocketId;
use futures_util::future::join_all;

use crate::support::node::{Node, app, event, event_but_for, name, place, remembered};

pub(crate) async fn one_order_for_all(url: &str) {
    let nodes = join_all((0..3).map(|_| Node::start(url, "order"))).await;
    join_all(nodes.iter().map(|node| node.join("news", None))).await;
    let publish = |(number, node): (usize, &_)| {
        let node: &Node = node;
        let cluster = node.cluster.clone();
        async move {
            for index in 0..50 {
                let batch =
                    vec![event("news", &format!("{number}-{index}a")), event("news", &format!("{number}-{index}b"))];
                cluster.publish(batch).await.expect("published");
            }
        }
    };
    join_all(nodes.iter().enumerate().map(publish)).await;
    let all = |log: &[Notice]| {
        let texts = Node::texts(log, "news");
        (texts.len() == 300).then_some(texts)
    };
    let orders = join_all(nodes.iter().map(|node| node.wait("300 events", all))).await;
    assert!(orders.iter().all(|order| *order == orders[0]));
    for number in 0..3 {
        let own: Vec<_> = orders[0].iter().filter(|text| text.starts_with(&format!("{number}-"))).collect();
        let sent: Vec<_> =
            (0..50).flat_map(|index| [format!("{number}-{index}a"), format!("{number}-{index}b")]).collect();
        assert!(own.into_iter().eq(&sent), "the events of one node are in its order, each once");
    }
    let except = SocketId::from_random(7);
    nodes[0].cluster.publish(vec![event_but_for("news", "x", except)]).await.expect("published");
    let exception = |log: &[Notice]| match log.last() {
        Some(Notice::Event(event)) => event.except,
        _ => None,
    };
    assert_eq!(nodes[2].wait("the exception", exception).await, except);
}

pub(crate) async fn a_cache_channel_remembers(url: &str) {
    let [a, b] = [Node::start(url, "cache").await, Node::start(url, "cache").await];
    a.cluster.publish(vec![remembered("cache-x", "one")]).await.expect("published");
    let cached = b.cluster.cached(&app(), &name("cache-x")).await.expect("an answer").expect("an event");
    assert_eq!((&cached.frame[..], &*cached.data), (&b"one"[..], "data of one"));
    assert!(cached.ttl.as_secs() <= 60 && cached.ttl.as_secs() >= 50);
    b.join("cache-x", None).await;
    let loaded = |log: &[Notice]| {
        log.iter().find_map(|notice| match notice {
            Notice::Loaded { state, .. } => Some(state.clone()),
            _ => None,
        })
    };
    let state = b.wait("its state", loaded).await;
    assert_eq!(state.cached.expect("an event").frame, "one");
    a.cluster.publish(vec![remembered("cache-x", "two")]).await.expect("published");
    let second = |log: &[Notice]| match log.last() {
        Some(Notice::Event(event)) if event.frame == "two" => Some(event.clone()),
        _ => None,
    };
    let event = b.wait("the second", second).await;
    let entry = event.cache.expect("it is remembered");
    assert_eq!((&*entry.data, entry.ttl_seconds), ("data of two", 60));
    assert!(event.version.expect("a version") > state.version && cached.version < state.version);
    assert!(a.cluster.cached(&app(), &name("cache-y")).await.expect("an answer").is_none());
}

pub(crate) async fn a_remembered_event_is_forgotten_unless_it_was_replaced(url: &str) {
    let [a, b] = [Node::start(url, "forget").await, Node::start(url, "forget").await];
    let publish = async |text| a.cluster.publish(vec![remembered("cache-x", text)]).await.expect("published")[0];
    let (one, two) = (publish("one").await, publish("two").await);
    assert!(one < two);
    b.join("cache-x", None).await;
    a.cluster.forget(&app(), &name("cache-x"), one).await.expect("an answer");
    let cached = b.cluster.cached(&app(), &name("cache-x")).await.expect("an answer").expect("an event");
    assert_eq!(cached.frame, "two", "it was replaced before");
    let three = publish("three").await;
    a.cluster.forget(&app(), &name("cache-x"), three).await.expect("an answer");
    assert!(b.cluster.cached(&app(), &name("cache-x")).await.expect("an answer").is_none());
    let forgotten = |log: &[Notice]| match log.last() {
        Some(Notice::Forgotten { place, version }) => Some((place.channel.clone(), *version)),
        _ => None,
    };
    let (channel, version) = b.wait("the end of the event", forgotten).await;
    assert!(channel == name("cache-x") && version > three);
    assert_eq!(a.cluster.publish(vec![event_but_for("news", "x", SocketId::from_random(7))]).await, Ok(vec![]));
}

pub(crate) async fn what_is_foreign_is_dropped(url: &str) {
    let node = Node::start(url, "foreign").await;
    node.join("news", None).await;
    let mut raw = crate::support::raw(url).await;
    for payload in ["", "hello", "{\"event\":1}", "9E\nfuture", "1A 5\nnull", "1O 5 1\n"] {
        raw.publish("foreign:{app/news}", payload).await;
    }
    node.publish("news", "own").await;
    let own = |log: &[Notice]| Node::texts(log, "news").contains(&"own".to_owned()).then_some(log.len());
    let notices = node.wait("its own event", own).await;
    assert_eq!(notices, 4, "the state, the edge, the count and the event");
}

pub(crate) async fn no_node_hears_another_channel_or_prefix(url: &str) {
    let [a, b, other] =
        [Node::start(url, "apart").await, Node::start(url, "apart").await, Node::start(url, "apart2").await];
    a.join("one", None).await;
    b.join("two", None).await;
    other.join("one", None).await;
    a.publish("two", "for two").await;
    b.publish("one", "for one").await;
    other.publish("one", "elsewhere").await;
    let has = |text: &'static str| {
        move |log: &[Notice]| {
            matches!(log.last(), Some(Notice::Event(event)) if event.frame == text)
                .then(|| log.iter().filter(|notice| matches!(notice, Notice::Event(_))).count())
        }
    };
    assert_eq!(a.wait("one", has("for one")).await, 1);
    assert_eq!(b.wait("two", has("for two")).await, 1);
    assert_eq!(other.wait("elsewhere", has("elsewhere")).await, 1);
    assert_eq!(a.room("one").connections, 1, "{:?}", place("one"));
}
