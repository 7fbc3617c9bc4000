//! The list of the connections that are not WebSockets, in the order in which they are closed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use clairon_hub::Millis;
use tokio::task::JoinHandle;

use crate::edge::{AddressKey, PeerAddress};

/// What is known of a connection. Connections with a lower standing are closed first, and among equals the one that has
/// had it for longest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// It has sent no complete request, or it is a refused WebSocket that is being closed.
    Silent,
    /// It is kept open after a request without a signature or token.
    Idle,
    /// It is kept open after a request with a signature or a token.
    Trusted,
    /// A request is being answered. It is never closed.
    Busy,
}

/// The position of a connection in the list: its standing, and a number that grows with each change of a standing.
pub(super) type Place = (Standing, u64);

#[derive(Debug, Default)]
pub(super) struct List {
    entries: BTreeMap<Place, PlainEntry>,
    /// The silent connections of each address with a limit for them: the numbers of their places.
    silent: HashMap<AddressKey, BTreeSet<u64>>,
    /// The number of all silent connections.
    silent_count: usize,
    /// The number of connections that are being closed to make room.
    leaving: usize,
    last_number: u64,
}

/// A connection of the list.
#[derive(Debug)]
pub(super) struct PlainEntry {
    pub(super) opened_at: Millis,
    pub(super) peer: PeerAddress,
    /// Set for an address with a limit for silent connections.
    pub(super) key: Option<AddressKey>,
    /// The task that serves the connection.
    pub(super) task: JoinHandle<()>,
}

impl List {
    /// The number of open connections that are not WebSockets.
    pub(super) fn len(&self) -> usize {
        self.entries.len() + self.leaving
    }

    pub(super) fn next_place(&mut self, standing: Standing) -> Place {
        self.last_number += 1;
        (standing, self.last_number)
    }

    pub(super) fn insert(&mut self, place: Place, entry: PlainEntry) {
        if place.0 == Standing::Silent {
            self.silent_count += 1;
            if let Some(key) = entry.key {
                self.silent.entry(key).or_default().insert(place.1);
            }
        }
        self.entries.insert(place, entry);
    }

    fn take_out(&mut self, place: Place) -> Option<PlainEntry> {
        let entry = self.entries.remove(&place)?;
        if place.0 == Standing::Silent {
            self.silent_count -= 1;
            if let Some(key) = entry.key
                && let Some(of_address) = self.silent.get_mut(&key)
            {
                of_address.remove(&place.1);
                if of_address.is_empty() {
                    self.silent.remove(&key);
                }
            }
        }
        Some(entry)
    }

    /// Changes the standing of a connection. `None` if it is being closed to make room.
    pub(super) fn change(&mut self, place: Place, standing: Standing) -> Option<Place> {
        let entry = self.take_out(place)?;
        let place = self.next_place(standing);
        self.insert(place, entry);
        Some(place)
    }

    /// Changes the address of a connection.
    pub(super) fn set_peer(&mut self, place: Place, peer: PeerAddress, key: Option<AddressKey>) {
        if let Some(entry) = self.take_out(place) {
            self.insert(place, PlainEntry { peer, key, ..entry });
        }
    }

    /// Takes out the first connection of the list. `None` if all are busy.
    pub(super) fn take_first(&mut self) -> Option<PlainEntry> {
        let (&first, _) = self.entries.first_key_value().filter(|(place, _)| place.0 < Standing::Busy)?;
        self.take(first)
    }

    /// Takes out the oldest silent connection if there are more than `limit`.
    pub(super) fn take_excess(&mut self, limit: usize) -> Option<PlainEntry> {
        let (&first, _) = self.entries.first_key_value().filter(|_| self.silent_count > limit)?;
        self.take(first)
    }

    /// Takes out the oldest silent connection of an address if it has more than `limit`.
    pub(super) fn take_excess_of(&mut self, key: AddressKey, limit: usize) -> Option<PlainEntry> {
        let oldest = self.silent.get(&key).filter(|of_address| of_address.len() > limit)?.first().copied()?;
        self.take((Standing::Silent, oldest))
    }

    /// Takes out the silent connections that were opened before `until`.
    pub(super) fn take_silent(&mut self, until: Millis) -> Vec<PlainEntry> {
        let silent = self.entries.range(..(Standing::Idle, 0));
        let late: Vec<Place> =
            silent.take_while(|(_, entry)| entry.opened_at < until).map(|(place, _)| *place).collect();
        late.into_iter().filter_map(|place| self.take(place)).collect()
    }

    fn take(&mut self, place: Place) -> Option<PlainEntry> {
        let entry = self.take_out(place)?;
        self.leaving += 1;
        Some(entry)
    }

    /// Removes a connection that is closed, or has become a WebSocket.
    pub(super) fn remove(&mut self, place: Place) {
        if self.take_out(place).is_none() {
            self.leaving -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{net::IpAddr, num::NonZeroU32};

    use super::*;
    use crate::edge::{AddressLimit, AddressLimits, AddressSettings, TrustedProxies};

    /// Adds a connection that never ends by itself.
    fn add(list: &mut List, standing: Standing, opened_at: Millis) -> Place {
        add_from(list, "127.0.0.1", standing, opened_at)
    }

    fn add_from(list: &mut List, peer: &str, standing: Standing, opened_at: Millis) -> Place {
        let (place, task) = (list.next_place(standing), tokio::spawn(std::future::pending()));
        list.insert(place, PlainEntry { opened_at, peer: address(peer), key: key(peer), task });
        place
    }

    fn address(peer: &str) -> PeerAddress {
        peer.parse::<IpAddr>().unwrap().into()
    }

    /// The key of an address with a limit: one that is not a loopback.
    fn key(peer: &str) -> Option<AddressKey> {
        let limit = AddressLimit { limit: NonZeroU32::new(1), is_set: false };
        let settings = AddressSettings { pending_handshakes: limit, ..AddressSettings::default() };
        AddressLimits::new(settings, TrustedProxies::default()).pending(address(peer)).map(|(key, _)| key)
    }

    fn places(list: &List) -> Vec<Place> {
        list.entries.keys().copied().collect()
    }

    #[tokio::test]
    async fn silent_ones_give_way_first_and_busy_ones_never() {
        let mut list = List::default();
        let [trusted, idle, busy, silent, later] =
            [Standing::Trusted, Standing::Idle, Standing::Busy, Standing::Silent, Standing::Silent]
                .map(|standing| add(&mut list, standing, 0));
        assert_eq!(places(&list), [silent, later, idle, trusted, busy]);
        for left in [4, 3, 2, 1] {
            assert!(list.take_first().is_some());
            assert_eq!((list.entries.len(), list.len()), (left, 5), "open until its task has ended");
        }
        assert!(list.take_first().is_none());
        assert_eq!(places(&list), [busy]);
        for place in [silent, later, idle, trusted] {
            list.remove(place);
        }
        assert_eq!(list.len(), 1);
    }

    #[tokio::test]
    async fn of_equals_the_one_that_has_been_idle_for_longest_gives_way() {
        let mut list = List::default();
        let [first, second] = [0, 0].map(|at| add(&mut list, Standing::Idle, at));
        let busy = list.change(first, Standing::Busy).unwrap();
        let again = list.change(busy, Standing::Idle).unwrap();
        assert_eq!(places(&list), [second, again]);
        assert!(list.take_first().is_some());
        assert_eq!(list.change(second, Standing::Busy), None, "it has given way");
        assert_eq!(places(&list), [again]);
    }

    #[tokio::test]
    async fn only_silent_ones_have_a_short_time() {
        let mut list = List::default();
        let idle = add(&mut list, Standing::Idle, 0);
        add(&mut list, Standing::Silent, 1);
        let young = add(&mut list, Standing::Silent, 2);
        assert_eq!(list.take_silent(2).len(), 1);
        assert_eq!(places(&list), [young, idle]);
    }

    #[tokio::test]
    async fn the_oldest_silent_one_gives_way_of_all_or_of_an_address() {
        let mut list = List::default();
        let places = ["127.0.0.1", "192.0.2.1", "192.0.2.2", "192.0.2.1"]
            .map(|peer| add_from(&mut list, peer, Standing::Silent, 0));
        let one = key("192.0.2.1").unwrap();
        assert!(list.take_excess(4).is_none() && list.take_excess_of(one, 2).is_none());
        assert_eq!(list.take_excess_of(one, 1).unwrap().peer, address("192.0.2.1"));
        assert!(list.take_excess_of(one, 1).is_none());
        assert_eq!(list.take_excess(2).unwrap().peer, address("127.0.0.1"));
        assert!(list.take_excess(2).is_none());
        // A request has come, and a PROXY header.
        list.change(places[3], Standing::Busy).unwrap();
        list.set_peer(places[2], address("192.0.2.1"), Some(one));
        let newest = add_from(&mut list, "192.0.2.1", Standing::Silent, 0);
        assert!(list.take_excess_of(key("192.0.2.2").unwrap(), 0).is_none());
        assert!(list.take_excess_of(one, 2).is_none());
        assert!(list.take_excess_of(one, 1).is_some());
        list.remove(newest);
        assert!(list.silent.is_empty());
        assert_eq!((list.silent_count, list.len()), (0, 4));
    }
}
