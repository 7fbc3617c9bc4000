//! A node that records its notices.

use std::{future::Future, sync::Arc, time::Duration};

use clairon_cluster::{
    CacheEntry, Cluster, ClusterError, ClusterSettings, Health, JoinRequest, Joined, Mishap, Notice, Place, Publication,
};
use clairon_protocol::{
    AppId, CacheRoom, ChannelName, Edge, Limits, LogPlace, Member, NoRoom, PresenceRoom, SocketId, StampedEdge,
};
use futures_util::future::select_all;
use parking_lot::Mutex;
use tokio::{sync::watch, time};

use super::room::Room;

/// How long a test waits for something that must happen.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// The notices of a node.
pub(crate) struct Log(Arc<Mutex<Vec<Notice>>>);

/// A node of the cluster.
pub(crate) struct Node {
    pub(crate) cluster: Cluster,
    log: Arc<Mutex<Vec<Notice>>>,
    changed: watch::Sender<()>,
}

/// Settings with leases that outlast the pauses of a busy machine, and twice the time for an answer: so long may a
/// request to a Redis Cluster take.
pub(crate) fn settings(url: &str, prefix: &str) -> ClusterSettings {
    ClusterSettings {
        prefix: prefix.to_owned(),
        lease: Duration::from_secs(15),
        beat: Duration::from_millis(300),
        response_timeout: Duration::from_secs(5),
        ..ClusterSettings::new(url.parse().expect("a URL"))
    }
}

/// Settings for a test in which leases end, or Redis is silent.
pub(crate) fn brisk_settings(url: &str, prefix: &str) -> ClusterSettings {
    let response_timeout = Duration::from_secs(1);
    ClusterSettings { lease: Duration::from_secs(3), response_timeout, ..settings(url, prefix) }
}

pub(crate) fn app() -> AppId {
    AppId::parse("app").expect("an id")
}

pub(crate) fn name(channel: &str) -> ChannelName {
    ChannelName::parse(channel, &Limits::default()).expect("a name")
}

pub(crate) fn place(channel: &str) -> Place {
    Place { app: app(), channel: name(channel) }
}

/// A member with the id as name in its info.
pub(crate) fn member(user: &str) -> Member {
    Member::parse(&format!(r#"{{"user_id":"{user}","user_info":{{"name":"{user}"}}}}"#), &Limits::default())
        .expect("a member")
}

impl Node {
    pub(crate) async fn start(url: &str, prefix: &str) -> Self {
        Self::try_start(settings(url, prefix)).await.expect("a node")
    }

    /// A node with [`brisk_settings`].
    pub(crate) async fn start_brisk(url: &str, prefix: &str) -> Self {
        Self::try_start(brisk_settings(url, prefix)).await.expect("a node")
    }

    pub(crate) async fn try_start(settings: ClusterSettings) -> Result<Self, ClusterError> {
        let log = Arc::new(Mutex::new(Vec::new()));
        let changed = watch::Sender::new(());
        let (write, ring) = (log.clone(), changed.clone());
        let deliver = move |notice| {
            write.lock().push(notice);
            ring.send_replace(());
        };
        Ok(Self { cluster: Cluster::connect(settings, Box::new(deliver)).await?, log, changed })
    }

    /// Waits until `says` finds something in the notices so far.
    pub(crate) async fn wait<T>(&self, what: &str, says: impl Fn(&[Notice]) -> Option<T>) -> T {
        let mut changed = self.changed.subscribe();
        let wait = async {
            loop {
                if let Some(found) = says(&self.log.lock()) {
                    return found;
                }
                changed.changed().await.expect("the sender lives");
            }
        };
        let Ok(found) = time::timeout(PATIENCE, wait).await else {
            let log = self.log.lock();
            panic!("no notice in time: {what}; the last of {}: {:#?}", log.len(), &log[log.len().saturating_sub(20)..]);
        };
        found
    }

    /// Waits for a state of health.
    pub(crate) async fn wait_health(&self, what: &str, is_so: impl Fn(&Health) -> bool) -> Health {
        let mut health = self.cluster.health();
        let found = time::timeout(PATIENCE, health.wait_for(is_so)).await;
        found
            .unwrap_or_else(|_| panic!("{what}: {:?}", self.cluster.health().borrow().clone()))
            .expect("it lives")
            .clone()
    }

    /// Waits until the node has noticed more gaps than this number, and works again.
    pub(crate) async fn wait_gap(&self, gaps: u64) {
        let deaf = |health: &Health| !health.is_well() || self.cluster.mishaps(Mishap::Gap) > gaps;
        self.wait_health("a gap", deaf).await;
        self.wait_health("well", |health| health.is_well() && self.cluster.mishaps(Mishap::Gap) > gaps).await;
    }

    pub(crate) fn joining(user: Option<&str>) -> JoinRequest {
        JoinRequest {
            member: user.map(member),
            room: PresenceRoom { members: 100, bytes: usize::MAX },
            counts: true,
            wants_state: false,
            wants_miss: false,
        }
    }

    /// Joins, and waits until the join is ready.
    pub(crate) async fn join(&self, channel: &str, user: Option<&str>) -> Joined {
        soon("a join", self.cluster.join(&app(), &name(channel), Self::joining(user))).await.expect("room")
    }

    /// Joins a channel that may have few members.
    pub(crate) async fn join_limited(&self, channel: &str, user: &str, max_members: usize) -> Result<Joined, NoRoom> {
        self.join_room(channel, user, PresenceRoom { members: max_members, bytes: usize::MAX }).await
    }

    /// Joins a channel with this room.
    pub(crate) async fn join_room(&self, channel: &str, user: &str, room: PresenceRoom) -> Result<Joined, NoRoom> {
        let joining = JoinRequest { room, ..Self::joining(Some(user)) };
        soon("a join", self.cluster.join(&app(), &name(channel), joining)).await
    }

    pub(crate) fn leave(&self, channel: &str, user: Option<&str>) {
        self.cluster.leave(&app(), &name(channel), user.map(Into::into).as_ref(), true);
    }

    pub(crate) async fn publish(&self, channel: &str, text: &str) {
        self.cluster.publish(vec![event(channel, text)]).await.expect("it is published");
    }

    /// The texts of the events of a channel so far.
    pub(crate) fn texts(log: &[Notice], channel: &str) -> Vec<String> {
        let text = |notice: &Notice| match notice {
            Notice::Event(event) if event.channel == name(channel) => {
                Some(String::from_utf8_lossy(&event.frame).into_owned())
            }
            _ => None,
        };
        log.iter().filter_map(text).collect()
    }

    /// The edges of a channel that were delivered on this node.
    pub(crate) fn edges(&self, channel: &str) -> Vec<Edge> {
        self.log().edges(channel)
    }

    /// The notices; more may come.
    pub(crate) fn log(&self) -> Log {
        Log(self.log.clone())
    }

    /// A channel as a subscriber on this node sees it.
    pub(crate) fn room(&self, channel: &str) -> Room {
        Room::of(&self.log.lock(), &place(channel))
    }

    /// Waits until a subscriber on this node sees these members.
    pub(crate) async fn wait_members(&self, channel: &str, users: &[&str]) {
        let is_so = |log: &[Notice]| (Room::of(log, &place(channel)).members == users).then_some(());
        self.wait(&format!("the members of {channel} are {users:?}"), is_so).await;
    }
}

impl Log {
    /// The edges of a channel, but for the numbers of its connections.
    pub(crate) fn edges(&self, channel: &str) -> Vec<Edge> {
        let edges = self.stamped_edges(channel).into_iter().map(|stamped| stamped.edge);
        edges.filter(|edge| !matches!(edge, Edge::Counted(_))).collect()
    }

    /// All edges of a channel with their versions.
    pub(crate) fn stamped_edges(&self, channel: &str) -> Vec<StampedEdge> {
        let edges = |notice: &Notice| match notice {
            Notice::Edges { place, edges, .. } if place.channel == name(channel) => Some(edges.clone()),
            _ => None,
        };
        self.0.lock().iter().filter_map(edges).flatten().collect()
    }

    /// The edges of a channel that say that it is vacated, and whether they were left behind.
    pub(crate) fn left_behind(&self, channel: &str) -> Vec<(Edge, bool)> {
        let edges = |notice: &Notice| match notice {
            Notice::Edges { place, edges, is_left_behind } if place.channel == name(channel) => {
                Some(edges.iter().map(|stamped| (stamped.edge.clone(), *is_left_behind)).collect::<Vec<_>>())
            }
            _ => None,
        };
        let mut edges: Vec<_> = self.0.lock().iter().filter_map(edges).flatten().collect();
        edges.retain(|(edge, _)| *edge == Edge::Vacated);
        edges
    }
}

/// Waits until exactly these edges were delivered on these nodes together, in any order.
pub(crate) async fn wait_edges(nodes: &[&Node], channel: &str, expected: &[Edge]) {
    let sorted = |edges: Vec<Edge>| {
        let mut edges: Vec<String> = edges.iter().map(|edge| format!("{edge:?}")).collect();
        edges.sort();
        edges
    };
    let all = || sorted(nodes.iter().flat_map(|node| node.edges(channel)).collect());
    let expected = sorted(expected.to_vec());
    let mut rings: Vec<_> = nodes.iter().map(|node| node.changed.subscribe()).collect();
    let wait = async {
        while all() != expected {
            select_all(rings.iter_mut().map(|ring| Box::pin(ring.changed()))).await.0.expect("it lives");
        }
    };
    let is_in_time = time::timeout(PATIENCE, wait).await.is_ok();
    assert!(is_in_time, "the edges of {channel} are {:?}, not {expected:?}", all());
}

/// Waits until a condition holds. It is checked every 10 ms.
pub(crate) async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let wait = async {
        while !holds().await {
            time::sleep(Duration::from_millis(10)).await;
        }
    };
    soon(what, wait).await;
}

/// Waits for something that must come.
pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    time::timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("not in time: {what}"))
}

/// An event for all subscribers.
pub(crate) fn event(channel: &str, text: &str) -> Publication {
    Publication {
        app: app(),
        channel: name(channel),
        frame: text.to_owned().into(),
        except: None,
        log: None,
        place: LogPlace::None,
        cache: None,
        version: None,
    }
}

/// An event for all subscribers except one connection.
pub(crate) fn event_but_for(channel: &str, text: &str, except: SocketId) -> Publication {
    Publication { except: Some(except), ..event(channel, text) }
}

/// An event that a cache channel keeps for a minute.
pub(crate) fn remembered(channel: &str, text: &str) -> Publication {
    let data = format!("data of {text}").into();
    Publication {
        cache: Some(CacheEntry { data, ttl_seconds: 60, room: CacheRoom::UNLIMITED, ends_miss: true }),
        ..event(channel, text)
    }
}
