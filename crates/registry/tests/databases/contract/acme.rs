//! The contract of [`AcmeStore`](clairon_registry::AcmeStore), run over every engine.

use std::time::Duration;

use clairon_registry::{AcmeAccount, AcmeChallenge, AcmeRecord, StoredCertificate};
use jiff::Timestamp;
use tokio::task::JoinSet;

use crate::support::Database;

const DIRECTORY: &str = "https://ca.test/directory";
const LONG: Duration = Duration::from_mins(10);

fn record(domain: &str) -> AcmeRecord {
    let certificate = Some(StoredCertificate { chain: "chain\n".repeat(5_000), key: "key".to_owned() });
    AcmeRecord { certificate, ..AcmeRecord::new(domain) }
}

fn challenge(domain: &str, token: &str) -> AcmeChallenge {
    AcmeChallenge { domain: domain.to_owned(), token: token.to_owned(), key_authorization: format!("{token}.print") }
}

pub(super) async fn certificates_and_failures_are_kept_by_authority(database: &impl Database) {
    let (one, other) = (database.open().await, database.open().await);
    let empty = one.acme_state(DIRECTORY).await.unwrap();
    assert_eq!((empty.records.len(), empty.challenges.len()), (0, 0));

    let (first, second) = (record("a.test"), AcmeRecord::new("b.test"));
    one.put_acme_record(DIRECTORY, &second).await.unwrap();
    one.put_acme_record(DIRECTORY, &first).await.unwrap();
    let state = other.acme_state(DIRECTORY).await.unwrap();
    assert_eq!(state.records, [first.clone(), second]);
    assert!(state.revision > empty.revision);
    assert_eq!(other.acme_revision().await.unwrap(), state.revision);

    // A failure keeps the certificate.
    let next_attempt = Timestamp::from_millisecond(1_800_000_000_123).unwrap();
    let failed = AcmeRecord { failures: 3, problem: format!("no\0 {}", "é".repeat(600)), next_attempt, ..first };
    other.put_acme_record(DIRECTORY, &failed).await.unwrap();
    let state = one.acme_state(DIRECTORY).await.unwrap();
    let problem = format!("no {}", "é".repeat(497));
    assert_eq!(state.records[0], AcmeRecord { problem, ..failed });
    assert_eq!(one.acme_state("https://other.test/directory").await.unwrap().records, []);
}

pub(super) async fn challenges_are_replaced(database: &impl Database) {
    let store = database.open().await;
    let all = [challenge("a.test", "1"), challenge("b.test", "2")];
    store.set_acme_challenges(&all).await.unwrap();
    let state = store.acme_state(DIRECTORY).await.unwrap();
    assert_eq!(state.challenges, all);
    store.set_acme_challenges(&all[1..]).await.unwrap();
    assert_eq!(store.acme_state(DIRECTORY).await.unwrap().challenges, all[1..]);
    assert!(store.acme_revision().await.unwrap() > state.revision);
}

pub(super) async fn one_node_has_the_lease_of_certificates(database: &impl Database) {
    let store = database.open().await;
    let mut nodes = JoinSet::new();
    for node in 0..6 {
        let store = database.open().await;
        nodes.spawn(async move { store.take_acme_lease(&node.to_string(), LONG).await.unwrap() });
    }
    assert_eq!(nodes.join_all().await.into_iter().filter(|taken| *taken).count(), 1);
    for node in 0..6 {
        // Another node cannot end it.
        store.release_acme_lease("stranger").await.unwrap();
        assert!(!store.take_acme_lease("stranger", LONG).await.unwrap(), "{node}");
        store.release_acme_lease(&node.to_string()).await.unwrap();
        if store.take_acme_lease("next", Duration::ZERO).await.unwrap() {
            break;
        }
    }
    // It has expired at once, so another node takes it. The holder renews its own.
    assert!(store.take_acme_lease("a", LONG).await.unwrap());
    assert!(store.take_acme_lease("a", LONG).await.unwrap());
    assert!(!store.take_acme_lease("next", LONG).await.unwrap());
}

pub(super) async fn an_account_is_kept_for_each_authority(database: &impl Database) {
    let (one, other) = (database.open().await, database.open().await);
    assert_eq!(one.acme_account(DIRECTORY).await.unwrap(), None);
    for email in ["", "a@b.test"] {
        let account = AcmeAccount { credentials: format!("{{\"id\":\"{email}\"}}"), email: email.to_owned() };
        one.put_acme_account(DIRECTORY, Some(&account)).await.unwrap();
        assert_eq!(other.acme_account(DIRECTORY).await.unwrap(), Some(account));
    }
    assert_eq!(other.acme_account("https://other.test/directory").await.unwrap(), None);
    other.put_acme_account(DIRECTORY, None).await.unwrap();
    assert_eq!(one.acme_account(DIRECTORY).await.unwrap(), None);
}

#[test]
fn secrets_are_not_printed() {
    let account = AcmeAccount { credentials: "sesame".to_owned(), email: String::new() };
    let key = StoredCertificate { chain: String::new(), key: "sesame".to_owned() };
    let challenge = AcmeChallenge { key_authorization: "sesame".to_owned(), ..challenge("a", "b") };
    let record = AcmeRecord { certificate: Some(key), ..AcmeRecord::new("a") };
    assert!(!format!("{account:?}{record:?}{challenge:?}").contains("sesame"));
}
