use clairon_protocol::{AppId, ChannelName, Limits, Member};

use super::*;

fn place(channel: &str) -> Place {
    let channel = ChannelName::parse(channel, &Limits::default()).unwrap();
    Place { app: AppId::parse("a").unwrap(), channel }
}

fn room() -> Place {
    place("presence-room")
}

fn joining(user: Option<&str>) -> Joining {
    let member = user.map(|user| Member { user_id: user.into(), user_info: None });
    Joining { member, max_members: 3, counts: false, wants_state: false }
}

fn node(name: &str) -> NodeId {
    NodeId::from_stored(name.to_owned())
}

fn outcome(refused: &[&str]) -> Outcome {
    let refused = refused.iter().map(|user| UserId::from(*user)).collect();
    Outcome { version: 7, edges: Vec::new(), refused, nodes: Vec::new(), state: None }
}

/// The one change that is due now.
fn only(shares: &mut Shares, name: &str) -> Change {
    let mut changes = shares.take(&node(name), 100);
    assert_eq!(changes.len(), 1, "{changes:?}");
    changes.remove(0)
}

fn users(change: &Change) -> Vec<(&str, u64)> {
    let mut users: Vec<_> = change.added.iter().map(|(member, count)| (member.user_id.as_str(), *count)).collect();
    users.sort_unstable();
    users
}

#[test]
fn a_join_waits_for_its_topic_and_for_the_ledger() {
    let mut shares = Shares::default();
    let mut answer = shares.join(&room(), joining(Some("ada")));
    assert!(shares.take(&node("n"), 9).is_empty());
    shares.ready(&room());
    let change = only(&mut shares, "n");
    assert_eq!((change.connections, users(&change)), (1, vec![("ada", 1)]));
    assert!(change.is_first && change.wants_state && !change.is_whole && change.earlier.is_empty());
    assert_eq!(shares.unfenced(std::slice::from_ref(&change)), [&room()]);
    shares.fenced(&[&room()]);
    assert!(shares.unfenced(std::slice::from_ref(&change)).is_empty());
    shares.settle(&change, outcome(&[])).resolve();
    assert_eq!(answer.try_recv(), Ok(Ok(Joined { version: 7 })));
    assert!(shares.take(&node("n"), 9).is_empty());
}

/// Shares with these users in the room, and the ledger with them.
fn settled(users: &[&str]) -> Shares {
    let mut shares = Shares::default();
    for user in users {
        drop(shares.join(&room(), joining(Some(user))));
    }
    shares.ready(&room());
    let change = only(&mut shares, "n");
    shares.fenced(&[&room()]);
    shares.settle(&change, outcome(&[])).resolve();
    shares
}

#[test]
fn only_what_has_changed_is_told() {
    let mut shares = settled(&["ada", "bob", "bob"]);
    let _answer = shares.join(&room(), joining(Some("cem")));
    shares.leave(&room(), Some(&"bob".into()), false);
    shares.leave(&room(), Some(&"ada".into()), false);
    let change = only(&mut shares, "n");
    assert_eq!(
        (change.connections, users(&change), change.removed.as_slice()),
        (2, vec![("cem", 1)], &["ada".into()][..])
    );
    assert!(!change.is_first && !change.wants_state);
}

#[test]
fn who_comes_back_before_the_ledger_was_told_has_not_left() {
    let mut shares = settled(&["ada", "bob"]);
    shares.leave(&room(), Some(&"ada".into()), false);
    let _answer = shares.join(&room(), joining(Some("ada")));
    let change = only(&mut shares, "n");
    assert_eq!((change.connections, change.added.len(), change.removed.len()), (2, 0, 0));
}

#[test]
fn who_comes_while_the_last_one_goes_may_still_need_the_state() {
    let mut shares = settled(&["ada"]);
    let _answer = shares.join(&room(), Joining { wants_state: true, ..joining(Some("bob")) });
    shares.leave(&room(), Some(&"ada".into()), false);
    assert!(only(&mut shares, "n").wants_state);
}

#[test]
fn a_change_without_an_answer_is_repeated_as_it_was() {
    let mut shares = settled(&["ada"]);
    let _bob = shares.join(&room(), joining(Some("bob")));
    let change = only(&mut shares, "n");
    let _cem = shares.join(&room(), joining(Some("cem")));
    shares.fail(&change);
    let again = only(&mut shares, "n");
    assert_eq!((again.sequence, again.connections, users(&again)), (change.sequence, 2, vec![("bob", 1)]));
    shares.settle(&again, outcome(&[])).resolve();
    let next = only(&mut shares, "n");
    assert_eq!((next.connections, users(&next)), (3, vec![("cem", 1)]));
    assert!(next.sequence > change.sequence);
}

#[test]
fn who_finds_the_channel_full_is_told_and_counted_no_more() {
    let mut shares = settled(&["ada"]);
    let mut bob = shares.join(&room(), joining(Some("bob")));
    let mut ada = shares.join(&room(), joining(Some("ada")));
    let change = only(&mut shares, "n");
    assert_eq!((change.connections, users(&change)), (3, vec![("bob", 1)]));
    let settled = shares.settle(&change, outcome(&["bob"]));
    assert!(!settled.is_empty);
    settled.resolve();
    assert_eq!(bob.try_recv(), Ok(Err(Full { limit: 3 })));
    assert!(ada.try_recv().unwrap().is_ok());
    assert_eq!(shares.connections(&room()), 2);
    assert!(shares.take(&node("n"), 9).is_empty(), "the ledger knows");
}

#[test]
fn who_asks_again_while_they_are_refused_is_asked_for_again() {
    let mut shares = settled(&["ada"]);
    let _first = shares.join(&room(), joining(Some("bob")));
    let change = only(&mut shares, "n");
    let mut second = shares.join(&room(), joining(Some("bob")));
    shares.settle(&change, outcome(&["bob"])).resolve();
    let change = only(&mut shares, "n");
    assert_eq!((change.connections, users(&change)), (2, vec![("bob", 1)]));
    shares.settle(&change, outcome(&[])).resolve();
    assert!(second.try_recv().unwrap().is_ok());
}

#[test]
fn a_refused_join_that_nobody_waits_for_is_left_to_its_leave() {
    let mut shares = Shares::default();
    drop(shares.join(&room(), joining(Some("ada"))));
    shares.ready(&room());
    let change = only(&mut shares, "n");
    shares.settle(&change, outcome(&["ada"])).resolve();
    assert_eq!(shares.connections(&room()), 1);
    assert!(shares.leave(&room(), Some(&"ada".into()), false));
    assert!(shares.channels.is_empty());
}

#[test]
fn the_last_leave_takes_the_place_out_of_the_index() {
    let mut shares = settled(&["ada"]);
    assert!(shares.leave(&room(), Some(&"ada".into()), false));
    assert!(!shares.leave(&room(), Some(&"ada".into()), false), "nobody is left to leave");
    let change = only(&mut shares, "n");
    assert_eq!((change.connections, change.removed.as_slice()), (0, &["ada".into()][..]));
    assert!(shares.settle(&change, outcome(&[])).is_empty);
    assert_eq!(shares.take_unindexed(), [room()]);
    assert!(shares.channels.is_empty());
}

#[test]
fn under_a_new_id_all_is_told_and_the_old_share_dropped() {
    let mut shares = settled(&["ada"]);
    let _bob = shares.join(&room(), joining(Some("bob")));
    let lost = only(&mut shares, "n");
    assert!(shares.lose(&lost), "the lease is gone");
    shares.register_again();
    let change = only(&mut shares, "m");
    assert_eq!(change.earlier, [(node("n"), lost.sequence)]);
    assert_eq!((change.connections, users(&change)), (2, vec![("ada", 0), ("bob", 1)]));
    assert!(change.is_whole && change.is_first && change.wants_state);
    assert_eq!(shares.unfenced(std::slice::from_ref(&change)), [&room()]);
    shares.fail(&change);
    shares.register_again();
    let change = only(&mut shares, "o");
    assert_eq!(change.earlier.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["n", "m"]);
    shares.settle(&change, outcome(&[])).resolve();
    assert!(shares.take(&node("o"), 9).is_empty());
    assert!(shares.leave(&room(), Some(&"bob".into()), false) || shares.connections(&room()) == 1);
    assert!(only(&mut shares, "o").earlier.is_empty());
}

#[test]
fn a_share_that_is_over_is_dropped_under_its_old_id_too() {
    let mut shares = settled(&["ada"]);
    shares.leave(&room(), Some(&"ada".into()), false);
    shares.register_again();
    let change = only(&mut shares, "m");
    assert_eq!((change.earlier.as_slice(), change.connections), (&[(node("n"), 0)][..], 0));
    shares.settle(&change, outcome(&[])).resolve();
    assert!(shares.channels.is_empty());
}

#[test]
fn after_a_gap_all_is_told_again_once_the_topic_is_back() {
    let mut shares = settled(&["ada"]);
    let _bob = shares.join(&room(), joining(Some("bob")));
    let unanswered = only(&mut shares, "n");
    shares.unready();
    shares.register_again();
    shares.fail(&unanswered);
    assert!(shares.take(&node("n"), 9).is_empty());
    shares.ready(&room());
    let again = only(&mut shares, "n");
    assert_eq!(again.sequence, unanswered.sequence);
    assert!(!shares.lose(&again), "the ledger may have lost the record");
    let change = only(&mut shares, "n");
    assert_eq!((change.connections, users(&change)), (2, vec![("ada", 0), ("bob", 1)]));
    assert!(change.is_whole && change.wants_state && change.earlier.is_empty());
}

#[test]
fn a_leave_needs_no_topic() {
    let mut shares = settled(&["ada"]);
    shares.unready();
    shares.leave(&room(), Some(&"ada".into()), false);
    assert_eq!(only(&mut shares, "n").connections, 0);
}

#[test]
fn joins_go_before_leaves_and_leaves_are_not_put_off_for_ever() {
    let mut shares = Shares::default();
    let places: Vec<Place> = (0..40).map(|n| place(&format!("c{n}"))).collect();
    for place in &places[..20] {
        drop(shares.join(place, joining(None)));
        shares.ready(place);
    }
    for change in shares.take(&node("n"), 100) {
        shares.settle(&change, outcome(&[])).resolve();
    }
    for place in &places[..20] {
        shares.leave(place, None, false);
    }
    for place in &places[20..] {
        drop(shares.join(place, joining(None)));
        shares.ready(place);
    }
    let batch = shares.take(&node("n"), 12);
    let joins = batch.iter().take_while(|change| change.connections > 0).count();
    assert_eq!((batch.len(), joins), (12, 9));
}

#[test]
fn a_reload_asks_for_the_state_alone() {
    let mut shares = settled(&["ada"]);
    shares.reload();
    let change = only(&mut shares, "n");
    assert!(change.wants_state && !change.is_whole && change.added.is_empty());
}

#[test]
fn a_state_is_from_before_a_gap_where_it_was_asked_for_before() {
    let mut shares = Shares::default();
    let _answer = shares.join(&room(), joining(Some("ada")));
    shares.ready(&room());
    let before = only(&mut shares, "n");
    assert_eq!(shares.unready(), 1);
    shares.register_again();
    assert_eq!(shares.settle(&before, outcome(&[])).gaps, 0);
    assert!(shares.take(&node("n"), 9).is_empty(), "its topic is not there");
    shares.ready(&room());
    let after = only(&mut shares, "n");
    assert!(after.wants_state && after.is_whole);
    assert_eq!(shares.settle(&after, outcome(&[])).gaps, 1);
}
