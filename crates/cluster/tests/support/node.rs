//! A node that writes down what it is told.

use std::{future::Future, sync::Arc, time::Duration};

use clairon_cluster::{
    Bus, CacheEntry, Cluster, ClusterError, ClusterSettings, Envelope, Full, Health, Joined, Joining, Notice, Place,
};
use clairon_protocol::{AppId, ChannelName, Edge, Limits, Member, SocketId};
use parking_lot::Mutex;
use tokio::{sync::watch, time};

use super::room::Room;

/// How long something that must happen is waited for.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A node of the cluster.
pub struct Node {
    pub cluster: Cluster,
    log: Arc<Mutex<Vec<Notice>>>,
    changed: watch::Sender<()>,
}

/// Settings with short leases.
pub fn settings(url: &str, prefix: &str) -> ClusterSettings {
    ClusterSettings {
        prefix: prefix.to_owned(),
        lease: Duration::from_millis(1_500),
        beat: Duration::from_millis(300),
        response_timeout: Duration::from_millis(1_000),
        ..ClusterSettings::new(url.parse().expect("a URL"))
    }
}

pub fn app() -> AppId {
    AppId::parse("app").expect("an id")
}

pub fn name(channel: &str) -> ChannelName {
    ChannelName::parse(channel, &Limits::default()).expect("a name")
}

pub fn place(channel: &str) -> Place {
    Place { app: app(), channel: name(channel) }
}

/// A member whose info tells the name, too.
pub fn member(user: &str) -> Member {
    Member::parse(&format!(r#"{{"user_id":"{user}","user_info":{{"name":"{user}"}}}}"#), &Limits::default())
        .expect("a member")
}

impl Node {
    pub async fn start(url: &str, prefix: &str) -> Self {
        Self::try_start(settings(url, prefix)).await.expect("a node")
    }

    pub async fn try_start(settings: ClusterSettings) -> Result<Self, ClusterError> {
        let log = Arc::new(Mutex::new(Vec::new()));
        let changed = watch::Sender::new(());
        let (write, ring) = (log.clone(), changed.clone());
        let deliver = move |notice| {
            write.lock().push(notice);
            ring.send_replace(());
        };
        Ok(Self { cluster: Cluster::connect(settings, Box::new(deliver)).await?, log, changed })
    }

    /// Waits until what was told so far says something.
    pub async fn wait<T>(&self, what: &str, says: impl Fn(&[Notice]) -> Option<T>) -> T {
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
            panic!("not told in time: {what}; the last of {}: {:#?}", log.len(), &log[log.len().saturating_sub(20)..]);
        };
        found
    }

    /// Waits until health is so.
    pub async fn wait_health(&self, what: &str, is_so: impl Fn(&Health) -> bool) -> Health {
        let mut health = self.cluster.health();
        let found = time::timeout(PATIENCE, health.wait_for(is_so)).await;
        found.unwrap_or_else(|_| panic!("{what}: {:?}", self.cluster.health().borrow().clone())).expect("it lives").clone()
    }

    pub fn joining(user: Option<&str>) -> Joining {
        Joining { member: user.map(member), max_members: 100, counts: true }
    }

    /// Joins, and waits until the ledger has it.
    pub async fn join(&self, channel: &str, user: Option<&str>) -> Joined {
        soon("a join", self.cluster.join(&app(), &name(channel), Self::joining(user))).await.expect("room")
    }

    /// Joins a channel of a few members.
    pub async fn join_limited(&self, channel: &str, user: &str, max_members: usize) -> Result<Joined, Full> {
        let joining = Joining { max_members, ..Self::joining(Some(user)) };
        soon("a join", self.cluster.join(&app(), &name(channel), joining)).await
    }

    pub fn leave(&self, channel: &str, user: Option<&str>) {
        self.cluster.leave(&app(), &name(channel), user.map(Into::into).as_ref(), true);
    }

    pub async fn publish(&self, channel: &str, text: &str) {
        self.cluster.publish(vec![event(channel, text)]).await.expect("it is published");
    }

    /// The texts of the events of a channel so far.
    pub fn texts(log: &[Notice], channel: &str) -> Vec<String> {
        let text = |notice: &Notice| match notice {
            Notice::Event(event) if event.channel == name(channel) => {
                Some(String::from_utf8_lossy(&event.frame).into_owned())
            }
            _ => None,
        };
        log.iter().filter_map(text).collect()
    }

    /// The edges of a channel that this node was told.
    pub fn edges(&self, channel: &str) -> Vec<Edge> {
        let edges = |notice: &Notice| match notice {
            Notice::Edges { place, edges } if place.channel == name(channel) => Some(edges.clone()),
            _ => None,
        };
        self.log.lock().iter().filter_map(edges).flatten().collect()
    }

    /// What a subscriber here believes of a channel.
    pub fn room(&self, channel: &str) -> Room {
        Room::of(&self.log.lock(), &place(channel))
    }

    /// Waits until a subscriber here believes that these are the members.
    pub async fn wait_members(&self, channel: &str, users: &[&str]) {
        let is_so = |log: &[Notice]| (Room::of(log, &place(channel)).members == users).then_some(());
        self.wait(&format!("the members of {channel} are {users:?}"), is_so).await;
    }
}

/// Waits until these edges, in any order, were told to any of these nodes.
pub async fn wait_edges(nodes: &[&Node], channel: &str, expected: &[Edge]) {
    let sorted = |edges: Vec<Edge>| {
        let mut edges: Vec<String> = edges.iter().map(|edge| format!("{edge:?}")).collect();
        edges.sort();
        edges
    };
    let all = || sorted(nodes.iter().flat_map(|node| node.edges(channel)).collect());
    let expected = sorted(expected.to_vec());
    let end = time::Instant::now() + PATIENCE;
    while all() != expected {
        let rings = nodes.iter().map(|node| {
            let mut changed = node.changed.subscribe();
            changed.mark_changed();
            Box::pin(async move { changed.changed().await })
        });
        futures_util::future::select_all(rings).await.0.expect("it lives");
        tokio::task::yield_now().await;
        assert!(time::Instant::now() < end, "the edges of {channel} are {:?}, not {expected:?}", all());
    }
}

/// Waits for something that must come.
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    time::timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("not in time: {what}"))
}

/// An event for everyone.
pub fn event(channel: &str, text: &str) -> Envelope {
    Envelope {
        app: app(),
        channel: name(channel),
        frame: text.to_owned().into(),
        except: None,
        cache: None,
        version: None,
    }
}

/// An event for everyone but one connection.
pub fn event_but_for(channel: &str, text: &str, except: SocketId) -> Envelope {
    Envelope { except: Some(except), ..event(channel, text) }
}

/// An event that is remembered for a minute.
pub fn remembered(channel: &str, text: &str) -> Envelope {
    let data = format!("data of {text}").into();
    Envelope { cache: Some(CacheEntry { data, ttl_seconds: 60 }), ..event(channel, text) }
}
