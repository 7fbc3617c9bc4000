//! The counters of the other nodes. Each node sends its own with every renewal of its lease.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
    sync::Arc,
};

use clairon_hub::AppHub;
use clairon_protocol::AppId;
use serde::{Deserialize, Serialize};

use super::{Counters, counted};

/// The largest number of apps whose counters a node sends.
const SENT: usize = 100;
/// The largest number of apps whose figures on other nodes are summed up.
const KNOWN: usize = 1_000;

/// The counters that a node sends to the others.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NodeCounters {
    /// By the ids of apps that have had traffic.
    apps: Vec<(String, Counters)>,
    /// True if there are more apps than these.
    is_cut: bool,
}

/// The counters of all other nodes together. Only what is counted while this node knows a node is part of a sum, so
/// that its start, or that of another node, is no burst of traffic.
#[derive(Debug, Default)]
pub(super) struct OtherNodes {
    /// What each node has sent last.
    last: HashMap<String, HashMap<AppId, Counters>>,
    sums: HashMap<AppId, Counters>,
    /// True if the sums are complete: each other node has sent the counters of all of its apps.
    are_known: bool,
}

impl NodeCounters {
    /// The counters of this node; of very many apps those with the most connections.
    pub(crate) fn of(hubs: &[(AppId, Arc<AppHub>)]) -> Self {
        let mut apps: Vec<_> = counted(hubs).map(|(id, counters)| (id.as_str().to_owned(), counters)).collect();
        let is_cut = apps.len() > SENT;
        if is_cut {
            apps.sort_by_key(|(_, counters)| Reverse((counters.connections, counters.messages)));
            apps.truncate(SENT);
        }
        Self { apps, is_cut }
    }
}

impl OtherNodes {
    /// Takes the counters that the other nodes have sent, by the ids of the nodes; `None` for a node that sends none.
    /// Unless all of them are complete, none of them is added.
    pub(super) fn note(&mut self, nodes: Vec<(String, Option<NodeCounters>)>) {
        self.are_known = nodes.iter().all(|(_, sent)| sent.as_ref().is_some_and(|sent| !sent.is_cut));
        for sum in self.sums.values_mut() {
            sum.connections = 0;
        }
        if !self.are_known {
            self.last.clear();
            return;
        }
        let mut last_before = std::mem::take(&mut self.last);
        for (node, NodeCounters { apps, .. }) in nodes.into_iter().filter_map(|(node, sent)| Some((node, sent?))) {
            let before = last_before.remove(&node);
            let apps: HashMap<_, _> =
                apps.into_iter().filter_map(|(id, counters)| Some((AppId::parse(&id).ok()?, counters))).collect();
            for (app, counters) in &apps {
                let since = match &before {
                    // An app that is new on a node has begun there since.
                    Some(before) => *counters - before.get(app).copied().unwrap_or_default(),
                    None => Counters { connections: counters.connections, ..Counters::default() },
                };
                self.add(app, since);
            }
            self.last.insert(node, apps);
        }
    }

    fn add(&mut self, app: &AppId, since: Counters) {
        if self.sums.len() >= KNOWN && !self.sums.contains_key(app) {
            self.are_known = false;
            return;
        }
        *self.sums.entry(app.clone()).or_default() += since;
    }

    /// True if the sums cover all other nodes.
    pub(super) const fn are_known(&self) -> bool {
        self.are_known
    }

    /// Adds the sums to the counters of this node.
    pub(super) fn join(&self, own: impl Iterator<Item = (AppId, Counters)>) -> Vec<(AppId, Counters)> {
        let mut joined: Vec<_> = own.collect();
        let mut here = HashSet::new();
        for (app, counters) in &mut joined {
            if let Some(sum) = self.sums.get(app) {
                *counters += *sum;
            }
            here.insert(app.clone());
        }
        let elsewhere = self.sums.iter().filter(|(app, _)| !here.contains(*app));
        joined.extend(elsewhere.map(|(app, sum)| (app.clone(), *sum)));
        joined
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app(id: &str) -> AppId {
        AppId::parse(id).unwrap()
    }

    fn counters(connections: u64, messages: u64) -> Counters {
        Counters { connections, messages, ..Counters::default() }
    }

    fn sent(node: &str, apps: &[(&str, Counters)]) -> (String, Option<NodeCounters>) {
        let apps = apps.iter().map(|(id, counters)| ((*id).to_owned(), *counters)).collect();
        (node.to_owned(), Some(NodeCounters { apps, is_cut: false }))
    }

    fn sums(others: &OtherNodes) -> Vec<(String, u64, u64)> {
        let mut sums: Vec<_> = others
            .join(std::iter::empty())
            .into_iter()
            .map(|(id, counters)| (id.as_str().to_owned(), counters.connections, counters.messages))
            .collect();
        sums.sort();
        sums
    }

    #[test]
    fn what_is_counted_while_a_node_is_known_is_summed_up() {
        let mut others = OtherNodes::default();
        others.note(vec![sent("a", &[("1", counters(5, 1_000))])]);
        assert_eq!(sums(&others), [("1".to_owned(), 5, 0)], "what was before is not traffic of now");
        others.note(vec![
            sent("a", &[("1", counters(6, 1_010)), ("2", counters(1, 3))]),
            sent("b", &[("1", counters(2, 9))]),
        ]);
        assert_eq!(sums(&others), [("1".to_owned(), 8, 10), ("2".to_owned(), 1, 3)]);
        others.note(vec![sent("b", &[("1", counters(3, 19))])]);
        assert_eq!(sums(&others), [("1".to_owned(), 3, 20), ("2".to_owned(), 0, 3)], "a node that is gone");
        let own = others.join([(app("1"), counters(4, 100)), (app("3"), counters(1, 1))].into_iter());
        let of = |id: &str| own.iter().find(|(app, _)| app.as_str() == id).map(|(_, it)| (it.connections, it.messages));
        assert_eq!((of("1"), of("2"), of("3")), (Some((7, 120)), Some((0, 3)), Some((1, 1))));
    }

    #[test]
    fn a_node_that_does_not_send_everything_makes_all_unknown() {
        let mut others = OtherNodes::default();
        assert!(!others.are_known());
        others.note(vec![]);
        assert!(others.are_known(), "there is no other node");
        others.note(vec![sent("a", &[("1", counters(5, 10))])]);
        let cut = NodeCounters { is_cut: true, ..NodeCounters::default() };
        for silent in [None, Some(cut)] {
            others.note(vec![sent("a", &[("1", counters(6, 20))]), ("b".to_owned(), silent)]);
            assert!(!others.are_known());
            assert_eq!(sums(&others), [("1".to_owned(), 0, 0)]);
        }
        others.note(vec![sent("a", &[("1", counters(7, 30))])]);
        assert_eq!((others.are_known(), sums(&others)), (true, vec![("1".to_owned(), 7, 0)]));
    }

    #[test]
    fn a_status_is_small() {
        let many = NodeCounters { apps: vec![("123456".to_owned(), counters(1_000, 1_000_000)); SENT], is_cut: true };
        let text = serde_json::to_string(&many).unwrap();
        assert!(text.len() < 16_384, "{} bytes", text.len());
        assert_eq!(serde_json::from_str::<NodeCounters>(&text).unwrap(), many);
    }
}
