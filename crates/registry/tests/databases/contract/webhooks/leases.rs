//! Which node delivers to an endpoint.

use std::time::Duration;

use clairon_registry::{Endpoint, Lease};
use tokio::task::JoinSet;

use super::{MANY, endpoint, event};
use crate::support::Database;

const LONG: Duration = Duration::from_mins(10);

pub(in super::super) async fn a_lease_belongs_to_one_node(database: &impl Database) {
    let registry = database.open().await;
    let store = &*registry;
    assert_eq!(store.unleased().await.unwrap(), [Endpoint::housekeeping()]);
    store.record(&[event("a", "1", &[1]), event("a", "2", &[1, 2])], MANY, false).await.unwrap();
    let all = [Endpoint::housekeeping(), endpoint(1), endpoint(2)];
    assert_eq!(sorted(store.unleased().await.unwrap()), all);

    let mut nodes = JoinSet::new();
    for node in 0..6 {
        let (registry, all) = (database.open().await, all.clone());
        nodes.spawn(async move { registry.take_leases(&node.to_string(), &all, LONG).await.unwrap().len() });
    }
    assert_eq!(nodes.join_all().await.iter().sum::<usize>(), 3);
    assert_eq!(store.unleased().await.unwrap(), []);
    for node in 0..6 {
        let node = node.to_string();
        let own = sorted(store.renew_leases(&node, LONG).await.unwrap().into_iter().map(|lease| lease.endpoint));
        // Those of another node stay.
        store.release_leases("stranger", &own).await.unwrap();
        store.release_leases(&node, &own).await.unwrap();
    }
    assert_eq!(sorted(store.unleased().await.unwrap()), all);
    assert_eq!(store.take_leases("a", &[endpoint(3)], LONG).await.unwrap(), [], "it never had an event");

    // It is new once, and others are not.
    assert!(store.introduce(&[endpoint(1), endpoint(3)]).await.unwrap());
    assert!(!store.introduce(&[endpoint(1), endpoint(3)]).await.unwrap());
    assert_eq!(sorted(store.unleased().await.unwrap()), all, "nothing is pending for it");

    // One that has ended can be taken, and not be renewed.
    let lease = Lease { endpoint: endpoint(1), pending: 2 };
    assert_eq!(store.take_leases("a", &[endpoint(1)], Duration::ZERO).await.unwrap(), std::slice::from_ref(&lease));
    assert_eq!(store.renew_leases("a", LONG).await.unwrap(), []);
    assert_eq!(store.take_leases("b", &[endpoint(1)], LONG).await.unwrap(), std::slice::from_ref(&lease));
    assert_eq!(store.take_leases("a", &[endpoint(1)], LONG).await.unwrap(), []);
    assert_eq!(store.renew_leases("b", LONG).await.unwrap(), std::slice::from_ref(&lease));
    // A node that does not run any more has none.
    assert_eq!(store.lease_holders().await.unwrap(), ["b"]);
    store.end_leases("b").await.unwrap();
    assert_eq!(store.lease_holders().await.unwrap(), [""; 0]);
    assert_eq!(store.renew_leases("b", LONG).await.unwrap(), []);
    assert_eq!(store.take_leases("b", &[endpoint(1)], LONG).await.unwrap(), [lease]);
    // Without anything pending nobody is looked for.
    assert!(!store.unleased().await.unwrap().contains(&endpoint(1)));
    store.release_leases("b", &[endpoint(1)]).await.unwrap();
    assert_eq!(store.give_up(&endpoint(1), None, "?").await.unwrap(), 2);
    assert_eq!(sorted(store.unleased().await.unwrap()), [Endpoint::housekeeping(), endpoint(2)]);
}

fn sorted(endpoints: impl IntoIterator<Item = Endpoint>) -> Vec<Endpoint> {
    let mut endpoints: Vec<_> = endpoints.into_iter().collect();
    endpoints.sort_unstable();
    endpoints
}
