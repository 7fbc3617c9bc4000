//! What came of requests.

use clairon_registry::{
    AttemptOutcome::{Delivered, GivenUp, Retried},
    LogQuery, PendingEvent, Registry, Retention, Subject,
};

use super::{MANY, app, at, attempt, endpoint, event, observed, pending, pending_bodies, pending_count, webhook};
use crate::support::Database;

/// Writes so many events for endpoint 1, and returns them.
async fn events(store: &dyn Registry, count: u32) -> Vec<PendingEvent> {
    let entries: Vec<_> = (0..count).map(|number| event("a", &number.to_string(), &[1])).collect();
    store.record(&entries, MANY, false).await.unwrap();
    pending(store, 1).await
}

pub(in super::super) async fn attempts_end_deliveries_and_are_logged(database: &impl Database) {
    let registry = database.open().await;
    let store = &*registry;
    let events = events(store, 4).await;
    let ids: Vec<_> = events.chunks(1).collect();
    let mut refused = attempt(ids[0], 1_000, None, Retried { at: at(2_000) });
    refused.attempt.problem = Some(format!("no\0 {}", "é".repeat(1_000)));
    let made = [
        refused.clone(),
        attempt(ids[1], 1_001, Some(200), Delivered),
        attempt(ids[2], 1_002, Some(410), GivenUp),
        attempt(ids[0], 2_000, Some(500), Retried { at: at(4_000) }),
    ];
    store.note_attempts(&made).await.unwrap();
    store.note_attempts(&[]).await.unwrap();
    assert_eq!(pending_bodies(store, 1).await, ["0", "3"]);
    assert_eq!(pending(store, 1).await[0].attempts, 2);
    assert_eq!(pending_count(store, 1).await, 2);
    // The answer of a node that was late: what was delivered stays so, and what was given up turns out to be delivered.
    let late = [
        attempt(ids[1], 3_000, None, Retried { at: at(5_000) }),
        attempt(ids[1], 3_001, None, GivenUp),
        attempt(ids[2], 3_002, Some(204), Delivered),
    ];
    store.note_attempts(&late).await.unwrap();
    assert_eq!((pending_bodies(store, 1).await.len(), pending_count(store, 1).await), (2, 2));

    let log = async |query: LogQuery| {
        let logged = store.log(&LogQuery { limit: if query.limit == 0 { 100 } else { query.limit }, ..query }).await;
        logged.unwrap()
    };
    let all = log(LogQuery::default()).await;
    let times: Vec<_> = all.iter().map(|logged| logged.attempt.at.as_millisecond()).collect();
    assert_eq!(times, [3_002, 3_001, 3_000, 2_000, 1_002, 1_001, 1_000], "the newest is first");
    assert_eq!((&all[5].attempt, all[5].events[0].body.as_str()), (&made[1].attempt, "1"));
    let problem = all[6].attempt.problem.as_deref().unwrap();
    assert!(problem.starts_with("no é") && problem.chars().count() == 499, "{problem}");
    let ids_of = |logged: &[clairon_registry::LoggedAttempt]| logged.iter().map(|logged| logged.id).collect::<Vec<_>>();
    let numbers = ids_of(&all);
    let newer: Vec<_> = numbers[..3].iter().rev().copied().collect();
    for (query, expected) in [
        (LogQuery { is_failed: true, ..LogQuery::default() }, vec![1, 2, 3, 4, 6]),
        (LogQuery { since: Some(at(2_000)), ..LogQuery::default() }, vec![0, 1, 2, 3]),
        (LogQuery { before: Some(numbers[4]), limit: 1, ..LogQuery::default() }, vec![5]),
        (LogQuery { app: Some(app("b")), ..LogQuery::default() }, vec![]),
        (LogQuery { webhook: Some(webhook(2)), ..LogQuery::default() }, vec![]),
        (LogQuery { app: Some(app("a")), webhook: Some(webhook(1)), limit: 2, ..LogQuery::default() }, vec![0, 1]),
    ] {
        let expected: Vec<_> = expected.into_iter().map(|index: usize| numbers[index]).collect();
        assert_eq!(ids_of(&log(query.clone()).await), expected, "{query:?}");
    }
    assert_eq!(ids_of(&log(LogQuery { after: Some(numbers[3]), ..LogQuery::default() }).await), newer);
}

pub(in super::super) async fn what_is_old_is_removed(database: &impl Database) {
    let registry = database.open().await;
    let store = &*registry;
    let events = events(store, 70).await;
    let made: Vec<_> =
        (1_000..).zip(events[1..].chunks(1)).map(|(time, event)| attempt(event, time, Some(200), Delivered)).collect();
    store.note_attempts(&made).await.unwrap();
    store.record(&[observed(Subject::Channel, true, 1), observed(Subject::Miss, true, 1)], MANY, false).await.unwrap();
    let ended = [observed(Subject::Channel, false, 2), observed(Subject::Count, false, 2)];
    store.record(&ended, MANY, false).await.unwrap();
    let (long_ago, soon) = (at(0), at(4_000_000_000_000));
    let keep = Retention { ended_since: long_ago, announced_since: long_ago, attempts: 1_000 };
    assert_eq!(store.sweep(&keep).await.unwrap(), 0);
    assert_eq!(store.sweep(&Retention { attempts: 9, ..keep }).await.unwrap(), 60);
    let kept = store.log(&LogQuery { limit: 100, ..LogQuery::default() }).await.unwrap();
    assert_eq!(kept.len(), 9);
    assert_eq!(kept[0].attempt.at, at(1_068), "the newest stay");
    assert_eq!(store.sweep(&Retention { announced_since: soon, ..keep }).await.unwrap(), 2);
    assert_eq!(store.newest_version().await.unwrap(), 1, "misses stay longer");
    // What is pending stays.
    assert_eq!(store.sweep(&Retention { ended_since: soon, announced_since: soon, ..keep }).await.unwrap(), 69 + 9 + 1);
    assert_eq!(store.newest_version().await.unwrap(), 0);
    assert_eq!(pending(store, 1).await.len(), 5);
    assert_eq!(store.pending(&endpoint(1), 0).await.unwrap()[0].id, events[0].id);
}
