//! What endpoints know.

use clairon_protocol::UserId;
use clairon_registry::{Entry, Subject};

use super::{MANY, app, channel, observed, pending_bodies};
use crate::support::Database;

pub(in super::super) async fn an_observation_makes_an_event_only_if_it_is_news(database: &impl Database) {
    let registry = database.open().await;
    let store = &*registry;
    let ada = || Subject::Member(UserId::from("ada"));
    let record = async |entries: &[Entry]| store.record(entries, MANY, false).await.unwrap();
    // What comes twice, late, or changes nothing is no news, in one write or in several.
    record(&[observed(ada(), true, 10), observed(ada(), true, 10), observed(ada(), true, 20)]).await;
    record(&[observed(ada(), true, 30)]).await;
    record(&[observed(ada(), false, 29)]).await;
    assert_eq!(pending_bodies(store, 1).await, ["+10"]);
    record(&[observed(ada(), false, 31), observed(ada(), true, 32)]).await;
    record(&[observed(ada(), false, 31), observed(ada(), false, 33)]).await;
    assert_eq!(pending_bodies(store, 1).await, ["+10", "-31", "+32", "-33"]);
    // Who has left before anybody knew of them did not come.
    record(&[observed(Subject::Channel, false, 50)]).await;
    record(&[observed(Subject::Channel, true, 49)]).await;
    assert_eq!(pending_bodies(store, 1).await.len(), 4);
    record(&[observed(Subject::Channel, true, 51)]).await;
    // Other users and channels are others, whatever their names are.
    let elsewhere = Entry { channel: channel("Room"), ..observed(Subject::Channel, true, 1) };
    record(&[elsewhere, observed(Subject::Member(UserId::from("Ada\0\"é")), true, 1)]).await;
    // Without state, each newer observation is news.
    for subject in [Subject::Miss, Subject::Count] {
        record(&[observed(subject.clone(), true, 7), observed(subject.clone(), true, 7)]).await;
        record(&[observed(subject.clone(), true, 6), observed(subject, true, 8)]).await;
    }
    assert_eq!(pending_bodies(store, 1).await[4..], ["+51", "+1", "+1", "+7", "+8", "+7", "+8"]);
    assert_eq!(store.newest_version().await.unwrap(), 51);
    // Nobody wants the event, and the observation counts.
    record(&[Entry { event: None, ..observed(ada(), true, 60) }, observed(ada(), true, 61)]).await;
    assert_eq!(pending_bodies(store, 1).await.len(), 11);
}

pub(in super::super) async fn what_is_announced_is_read_in_pages_and_forgotten(database: &impl Database) {
    let registry = database.open().await;
    let store = &*registry;
    assert_eq!(store.newest_version().await.unwrap(), 0);
    let users: Vec<_> = (0..150).map(|number| format!("user \0{number}")).collect();
    let mut entries: Vec<_> =
        users.iter().map(|user| observed(Subject::Member(UserId::from(&**user)), true, 5)).collect();
    entries.extend([observed(Subject::Channel, true, 5), observed(Subject::Miss, true, 6)]);
    entries.push(observed(Subject::Member(UserId::from("gone")), false, 5));
    entries.push(Entry { app: app("b"), ..observed(Subject::Channel, true, 9) });
    store.record(&entries, MANY, false).await.unwrap();
    let (mut known, mut after) = (Vec::new(), None);
    loop {
        let page = store.announced(&app("a"), after.as_deref(), 100).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.cursor.clone());
        known.extend(page);
    }
    assert!(known.iter().all(|announced| announced.version == 5 && announced.channel == channel("room")));
    let mut members: Vec<_> = known
        .iter()
        .filter_map(|announced| match &announced.subject {
            Subject::Member(user) => Some(user.as_str()),
            _ => None,
        })
        .collect();
    members.sort_unstable();
    let mut expected: Vec<_> = users.iter().map(String::as_str).collect();
    expected.sort_unstable();
    assert_eq!(members, expected);
    assert_eq!(known.len(), 151);

    let in_channel = async |name: &str| store.announced_in_channel(&app("a"), &channel(name)).await.unwrap();
    assert_eq!((in_channel("room").await, in_channel("roo").await), (known, Vec::new()));

    let mut apps = store.announced_apps().await.unwrap();
    apps.sort_unstable();
    assert_eq!(apps, [app("a"), app("b")]);
    store.forget_announced(&app("a")).await.unwrap();
    assert_eq!(store.announced(&app("a"), None, 100).await.unwrap(), []);
    assert_eq!(store.announced_apps().await.unwrap(), [app("b")]);
}
