//! The channels, connections and users of an app on this node.

use std::{
    collections::{HashSet, hash_map::Entry},
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use clairon_protocol::{AppId, CacheEntry, ChannelName, Disconnect, NoRoom, Publication, SocketId, UserId};
use parking_lot::Mutex;

use crate::{
    Channel, ChannelChange, Encode, Expected, Hub, Ledger, LedgerState, Micros, Millis, Parted, RememberedEvent,
    ReportRecovery, Sent, Session, SignedIn, Subscriber, Traffic, Version, Wishes, WithAudience, channel::Record,
    dispatch::Dispatch, edges, remembered::Remembered, shards::Shards, users::Users,
};

/// The size of an app on this node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Occupancy {
    /// The number of channels with subscribers.
    pub channels: usize,
    /// The number of subscriptions.
    pub subscriptions: usize,
}

/// An app on this node: its connections, channels and users.
///
/// The order of its locks is in `ARCHITECTURE.md`.
pub struct AppHub {
    id: AppId,
    pub(crate) encode: Encode,
    pub(crate) dispatch: Arc<Dispatch>,
    pub(crate) ledger: Ledger,
    /// The counter of the [`Hub`].
    gaps: Arc<AtomicU64>,
    stamps: Arc<edges::Stamps>,
    misses: edges::Misses,
    pub(crate) channels: Shards<ChannelName, Arc<Channel>>,
    /// The number of channels, in all shards together.
    channel_count: AtomicUsize,
    remembered: Mutex<Remembered>,
    pub(crate) sessions: Shards<SocketId, Arc<Session>>,
    traffic: Arc<Traffic>,
    pub(crate) users: Mutex<Users>,
    /// Large channels with a changed subscription count, which the next sweep sends.
    stale_counts: Mutex<HashSet<ChannelName>>,
}

impl AppHub {
    pub(crate) fn new(id: AppId, hub: &Hub) -> Self {
        Self {
            id,
            encode: hub.encode,
            dispatch: hub.dispatch.clone(),
            ledger: hub.ledger,
            gaps: hub.gaps.clone(),
            stamps: hub.stamps.clone(),
            misses: edges::Misses::default(),
            channels: Shards::new(),
            channel_count: AtomicUsize::new(0),
            remembered: Mutex::default(),
            sessions: Shards::new(),
            traffic: Arc::default(),
            users: Mutex::default(),
            stale_counts: Mutex::default(),
        }
    }

    /// The app's id.
    #[must_use]
    pub const fn id(&self) -> &AppId {
        &self.id
    }

    /// Admits a connection.
    ///
    /// # Errors
    /// [`Disconnect::OverQuota`] if the app already has `capacity` connections.
    pub fn connect(&self, session: &Arc<Session>, capacity: Option<usize>) -> Result<(), Disconnect> {
        if !self.traffic.open(capacity.unwrap_or(usize::MAX)) {
            return Err(Disconnect::OverQuota);
        }
        self.sessions.of(&session.id()).insert(session.id(), session.clone());
        Ok(())
    }

    /// Removes an admitted connection. It must have left its channels.
    pub fn disconnect(&self, connection: SocketId) {
        if self.sessions.remove_if(&connection, |_| true).is_some() {
            self.traffic.close();
        }
    }

    /// The counters of the app. New sessions count there.
    #[must_use]
    pub fn traffic(&self) -> &Arc<Traffic> {
        &self.traffic
    }

    /// Calls `see` with every session. It must be quick and must not call this hub.
    pub fn for_each_session(&self, mut see: impl FnMut(&Session)) {
        self.sessions.for_each(|_, session| see(session));
    }

    /// Expects a connection that subscribes. If the ledger is in memory, it admits the connection at once, and the
    /// resulting frames are queued when this returns. Otherwise the connection gets no messages of the channel before
    /// it is [admitted](Self::admit).
    ///
    /// # Errors
    /// When there is no room for another channel, or in the ledger in memory for the member.
    pub fn expect(
        &self,
        name: &ChannelName,
        subscriber: &Subscriber<'_>,
        now: Millis,
    ) -> Result<(Arc<Channel>, WithAudience<Expected>), NoRoom> {
        let (channel, expected) = self.with_channel(name, subscriber.max_channels, now, |channel| {
            Some((channel.clone(), channel.expect(subscriber, &self.stamps, &self.misses, now)?))
        })?;
        if expected.is_err() {
            self.forget_if_idle(&channel, now);
        }
        self.note_count(&channel, subscriber.wishes.counts);
        Ok((channel, expected?))
    }

    /// Subscribes a connection that waits for a shared ledger, as soon as this node has applied the change `since`.
    /// Then
    /// `report` gets the result of its request for recovery. False if the connection has left.
    #[must_use]
    pub fn admit(
        &self,
        channel: &Channel,
        connection: SocketId,
        since: Version,
        report: Option<ReportRecovery>,
        now: Millis,
    ) -> bool {
        channel.admit(connection, since, report, now)
    }

    /// Ends a subscription, or the wait for it. `user_id` is that of the member that the connection is.
    pub fn part(
        &self,
        channel: &Arc<Channel>,
        connection: SocketId,
        user_id: Option<&UserId>,
        wishes: Wishes,
        now: Millis,
    ) -> WithAudience<Parted> {
        let parted = channel.part(connection, user_id, wishes, &self.stamps, now);
        self.forget_if_idle(channel, now);
        self.note_count(channel, wishes.counts);
        parted
    }

    /// Applies a change of a shared channel. It does nothing if the channel has no subscribers here.
    pub fn follow(&self, name: &ChannelName, version: Version, change: ChannelChange, now: Millis) {
        if let Some(channel) = self.channel(name) {
            channel.follow(version, change, now);
            self.note_count(&channel, true);
        }
    }

    /// Replaces the state of a shared channel with that of the ledger.
    pub fn load(&self, name: &ChannelName, shared: LedgerState, now: Millis) {
        if let Some(channel) = self.channel(name) {
            channel.load(shared, now);
            self.note_count(&channel, true);
        }
    }

    /// Queues an event for the subscribers of a channel. The event of a server-to-user channel goes to every connection
    /// of the user, subscribed or not. An event to remember is remembered by the ledger. `since` is the time at which
    /// the event reached this node.
    pub fn publish(&self, publication: &Publication, since: Micros) -> Sent {
        let name = &publication.channel;
        if let Some(user_id) = name.user_id() {
            let mut users = self.users.lock();
            return users.publish(user_id, publication, &self.dispatch, self.encode, since / 1_000);
        }
        match &publication.cache {
            Some(entry) if self.ledger == Ledger::InMemory => self.publish_remembered(publication, entry, since),
            _ => self.channel(name).and_then(|to| to.publish(publication, &self.misses, since)).unwrap_or_default(),
        }
    }

    /// Queues an event that the ledger in memory remembers.
    fn publish_remembered(&self, publication: &Publication, entry: &CacheEntry, since: Micros) -> Sent {
        let name = &publication.channel;
        // Without room for another channel, the event has no subscribers and is not remembered.
        let publish = |channel: &Arc<Channel>| channel.publish(publication, &self.misses, since);
        let now = since / 1_000;
        let published = self.with_channel(name, entry.room.channels, now, publish);
        let Ok(sent) = published else { return Sent::default() };
        let bytes = publication.frame.len() + entry.data.len();
        let expires_at = now + Millis::from(entry.ttl_seconds) * 1_000;
        let event = RememberedEvent { channel: name, bytes, expires_at, version: 0 };
        for (name, _) in self.note_remembered(event, entry.room.bytes, now) {
            if let Some(channel) = self.channel(&name) {
                channel.forget_cached();
                self.forget_if_idle(&channel, now);
            }
        }
        sent
    }

    /// Counts an event that is remembered among those of the app. Returns the events that are to be forgotten because
    /// there is no room for all: their channels, and their versions.
    #[must_use]
    pub fn note_remembered(
        &self,
        event: RememberedEvent<'_>,
        limit: usize,
        now: Millis,
    ) -> Vec<(ChannelName, Version)> {
        let forgotten = self.remembered.lock().note(event, limit, now);
        self.traffic.add_forgotten(forgotten.len());
        forgotten
    }

    /// Checks that there is room for those of these channels that would be made to remember an event. Logs that nobody
    /// uses make room.
    ///
    /// # Errors
    /// When there is not.
    pub fn check_room<'a>(
        &self,
        names: impl Iterator<Item = &'a ChannelName>,
        max_channels: usize,
        now: Millis,
    ) -> Result<(), NoRoom> {
        let is_new = |name: &&ChannelName| name.is_cache() && self.channel(name).is_none();
        let new = names.filter(is_new).count();
        let is_full = || new > 0 && self.channel_count.load(Ordering::Relaxed) + new > max_channels;
        while is_full() && self.drop_unused_channel(now) {}
        if is_full() { Err(NoRoom::Channels { limit: max_channels }) } else { Ok(()) }
    }

    /// The bytes of the remembered events that this node has published.
    #[must_use]
    pub fn remembered_bytes(&self) -> usize {
        self.remembered.lock().bytes()
    }

    /// Notes that changes of any shared channel may have been missed.
    pub(crate) fn note_gap(&self, gaps: u64) {
        self.channels.values(|_| true).iter().for_each(|channel| channel.note_gap(gaps));
    }

    /// The channel with this name, if it has subscribers or remembers an event.
    #[must_use]
    pub fn channel(&self, name: &ChannelName) -> Option<Arc<Channel>> {
        self.channels.of(name).get(name).cloned()
    }

    /// Signs a connection in as a user. If the ledger is in memory, the connection gets the state of its watchlist, and
    /// the watchers of the user get theirs. Otherwise [`tell_watchlist`](Self::tell_watchlist) and
    /// [`note_online`](Self::note_online) do that.
    pub fn sign_in(&self, session: &Arc<Session>, stay: &SignedIn) {
        let mut users = self.users.lock();
        match self.ledger {
            Ledger::InMemory => users.sign_in(session, stay, self.encode),
            Ledger::Shared => users.sign_in_shared(session, stay),
        }
    }

    /// The number of connections on this node that watch a user.
    #[must_use]
    pub fn watchers(&self, user_id: &str) -> usize {
        self.users.lock().watchers(user_id).len()
    }

    /// Signs a connection out.
    pub fn sign_out(&self, connection: SocketId, stay: &SignedIn, now: Millis) {
        let mut users = self.users.lock();
        match self.ledger {
            Ledger::InMemory => users.sign_out(connection, stay, self.encode, now),
            Ledger::Shared => users.sign_out_shared(connection, stay, now),
        }
    }

    /// Sends a connection the state of its watchlist, once [`note_online`](Self::note_online) was called for all its
    /// users.
    pub fn tell_watchlist(&self, session: &Arc<Session>, stay: &SignedIn) {
        self.users.lock().tell_watchlist(session, stay, self.encode);
    }

    /// Notes whether a watched user is online on any node.
    pub fn note_online(&self, user_id: &str, version: Version, is_online: bool) {
        self.users.lock().note_online(user_id, version, is_online, self.encode);
    }

    /// Closes all connections of a signed-in user. Returns their number.
    pub fn terminate(&self, user_id: &str) -> usize {
        let users = self.users.lock();
        let connections = users.connections(user_id);
        for session in connections {
            session.close(Disconnect::Terminated);
        }
        connections.len()
    }

    /// Closes all connections.
    pub fn close_all(&self, reason: Disconnect) {
        self.for_each_session(|session| session.close(reason));
    }

    /// Sends the changed subscription counts of large channels.
    pub fn tell_counts(&self, now: Millis) {
        let stale = std::mem::take(&mut *self.stale_counts.lock());
        for channel in stale.iter().filter_map(|name| self.channel(name)) {
            channel.tell_count(now);
        }
    }

    /// Forgets channels without subscribers whose remembered event has expired.
    pub fn forget_expired(&self, now: Millis) {
        let caches = self.channels.values(ChannelName::is_cache);
        for channel in &caches {
            self.forget_if_idle(channel, now);
        }
        self.remembered.lock().forget_expired(now);
    }

    /// Finds or creates a channel and calls `act` with it, again while `act` finds the channel closed (`None`). If
    /// there is no room, a channel goes that has nothing but a log.
    ///
    /// # Errors
    /// When there are `max_channels` channels, and not this one.
    pub(crate) fn with_channel<T>(
        &self,
        name: &ChannelName,
        max_channels: usize,
        now: Millis,
        act: impl Fn(&Arc<Channel>) -> Option<T>,
    ) -> Result<T, NoRoom> {
        loop {
            let channel = match self.find_or_create(name, max_channels) {
                Err(_) if self.drop_unused_channel(now) => continue,
                found => found?,
            };
            if let Some(result) = act(&channel) {
                return Ok(result);
            }
            // The caller that closed the channel is about to remove it. Removing it here avoids a wait.
            self.remove(&channel);
        }
    }

    fn find_or_create(&self, name: &ChannelName, max_channels: usize) -> Result<Arc<Channel>, NoRoom> {
        match self.channels.of(name).entry(name.clone()) {
            Entry::Occupied(present) => Ok(present.get().clone()),
            Entry::Vacant(vacant) => {
                let add = |count| (count < max_channels).then_some(count + 1);
                let counted = self.channel_count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
                counted.map_err(|_| NoRoom::Channels { limit: max_channels })?;
                // A gap is counted before it is reported to the channels of this locked shard, so none is missed.
                let record = Record::new(self.ledger, self.gaps.load(Ordering::Relaxed));
                let channel = Arc::new(Channel::new(name.clone(), self.encode, self.dispatch.clone(), record));
                Ok(vacant.insert(channel).clone())
            }
        }
    }

    pub(crate) fn forget_if_idle(&self, channel: &Arc<Channel>, now: Millis) {
        if channel.close_if_idle(now) {
            self.remove(channel);
        }
    }

    /// Removes a closed channel from the map, unless the map has a new one of that name.
    fn remove(&self, channel: &Arc<Channel>) {
        if self.channels.remove_if(channel.name(), |present| Arc::ptr_eq(present, channel)).is_some() {
            self.channel_count.fetch_sub(1, Ordering::Relaxed);
        }
    }

    fn note_count(&self, channel: &Channel, counts: bool) {
        if counts && channel.is_count_stale() {
            self.stale_counts.lock().insert(channel.name().clone());
        }
    }
}
