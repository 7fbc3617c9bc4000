use clairon_protocol::{AppId, ChannelName, Limits, Member, NoRoom, PresenceRoom};

use super::*;
use crate::ledger::{Basis, EarlierShare, Lack, RefusedMember};

fn place(channel: &str) -> Place {
    let channel = ChannelName::parse(channel, &Limits::default()).unwrap();
    Place { app: AppId::parse("a").unwrap(), channel }
}

fn room() -> Place {
    place("presence-room")
}

fn request(user: Option<&str>) -> JoinRequest {
    let member = user.map(|user| Member { user_id: user.into(), user_info: None });
    let room = PresenceRoom { members: 3, bytes: 1_000 };
    JoinRequest { member, room, counts: false, wants_state: false, wants_miss: false }
}

fn node(name: &str) -> NodeId {
    NodeId::from_stored(name)
}

fn outcome(refused: &[&str]) -> ChangeOutcome {
    let refused = refused.iter().map(|user| RefusedMember { user: (*user).into(), lacks: Lack::Members }).collect();
    ChangeOutcome { version: 7, edges: Vec::new(), refused, nodes: Vec::new(), state: None }
}

/// The only change that is due now.
fn only(shares: &mut Shares, name: &str) -> ShareChange {
    let mut changes = shares.take(&node(name), 100);
    assert_eq!(changes.len(), 1, "{changes:?}");
    changes.remove(0)
}

/// The members that a change adds, with their newcomers.
fn added(change: &ShareChange) -> Vec<(&str, u64)> {
    let added = change.members.added.iter();
    let mut users: Vec<_> = added.map(|added| (added.member.user_id.as_str(), added.newcomers)).collect();
    users.sort_unstable();
    users
}

#[test]
fn a_join_waits_for_its_topic_and_for_the_ledger() {
    let mut shares = Shares::default();
    let mut answer = shares.join(&room(), request(Some("ada")));
    assert!(shares.take(&node("n"), 9).is_empty());
    shares.note_subscribed(&room());
    let change = only(&mut shares, "n");
    assert_eq!((change.connections, added(&change)), (1, vec![("ada", 1)]));
    assert!(change.basis == Basis::Nothing && change.wants_state && change.earlier.is_empty());
    assert_eq!(shares.not_indexed(std::slice::from_ref(&change)), [&room()]);
    shares.note_indexed(&[&room()]);
    assert!(shares.not_indexed(std::slice::from_ref(&change)).is_empty());
    shares.settle(&change, outcome(&[])).resolve();
    assert_eq!(answer.try_recv(), Ok(Ok(Joined { version: 7 })));
    assert!(shares.take(&node("n"), 9).is_empty());
}

/// Shares with these users in the room, settled with the ledger.
fn settled(users: &[&str]) -> Shares {
    let mut shares = Shares::default();
    for user in users {
        drop(shares.join(&room(), request(Some(user))));
    }
    shares.note_subscribed(&room());
    let change = only(&mut shares, "n");
    shares.note_indexed(&[&room()]);
    shares.settle(&change, outcome(&[])).resolve();
    shares
}

#[test]
fn a_change_contains_only_what_has_changed() {
    let mut shares = settled(&["ada", "bob", "bob"]);
    let _answer = shares.join(&room(), request(Some("cem")));
    shares.leave(&room(), Some(&"bob".into()), false);
    shares.leave(&room(), Some(&"ada".into()), false);
    let change = only(&mut shares, "n");
    assert_eq!(
        (change.connections, added(&change), change.members.removed.as_slice()),
        (2, vec![("cem", 1)], &["ada".into()][..])
    );
    assert!(change.basis == Basis::Share && !change.wants_state);
}

#[test]
fn a_leave_and_a_join_before_the_next_change_cancel_out() {
    let mut shares = settled(&["ada", "bob"]);
    shares.leave(&room(), Some(&"ada".into()), false);
    let _answer = shares.join(&room(), request(Some("ada")));
    let change = only(&mut shares, "n");
    assert_eq!((change.connections, change.members.added.len(), change.members.removed.len()), (2, 0, 0));
}

#[test]
fn a_join_may_ask_for_the_state_while_the_earlier_connection_leaves() {
    let mut shares = settled(&["ada"]);
    let _answer = shares.join(&room(), JoinRequest { wants_state: true, ..request(Some("bob")) });
    shares.leave(&room(), Some(&"ada".into()), false);
    assert!(only(&mut shares, "n").wants_state);
}

#[test]
fn a_change_without_an_answer_is_repeated_as_it_was() {
    let mut shares = settled(&["ada"]);
    let _bob = shares.join(&room(), request(Some("bob")));
    let change = only(&mut shares, "n");
    let _cem = shares.join(&room(), request(Some("cem")));
    shares.unanswered(&change);
    let again = only(&mut shares, "n");
    assert_eq!((again.sequence, again.connections, added(&again)), (change.sequence, 2, vec![("bob", 1)]));
    shares.settle(&again, outcome(&[])).resolve();
    let next = only(&mut shares, "n");
    assert_eq!((next.connections, added(&next)), (3, vec![("cem", 1)]));
    assert!(next.sequence > change.sequence);
}

#[test]
fn a_refused_join_gets_its_answer_and_does_not_count() {
    let mut shares = settled(&["ada"]);
    let mut bob = shares.join(&room(), request(Some("bob")));
    let mut ada = shares.join(&room(), request(Some("ada")));
    let change = only(&mut shares, "n");
    assert_eq!((change.connections, added(&change)), (3, vec![("bob", 1)]));
    let settled = shares.settle(&change, outcome(&["bob"]));
    assert!(!settled.is_empty);
    settled.resolve();
    assert_eq!(bob.try_recv(), Ok(Err(NoRoom::Members { limit: 3 })));
    assert!(ada.try_recv().unwrap().is_ok());
    assert_eq!(shares.connections(&room()), 2);
    assert!(shares.take(&node("n"), 9).is_empty(), "the ledger has it already");
}

#[test]
fn a_join_of_a_user_who_is_being_refused_is_sent_again() {
    let mut shares = settled(&["ada"]);
    let _first = shares.join(&room(), request(Some("bob")));
    let change = only(&mut shares, "n");
    let mut second = shares.join(&room(), request(Some("bob")));
    shares.settle(&change, outcome(&["bob"])).resolve();
    let change = only(&mut shares, "n");
    assert_eq!((change.connections, added(&change)), (2, vec![("bob", 1)]));
    shares.settle(&change, outcome(&[])).resolve();
    assert!(second.try_recv().unwrap().is_ok());
}

#[test]
fn a_refused_join_that_was_dropped_is_removed_by_its_leave() {
    let mut shares = Shares::default();
    drop(shares.join(&room(), request(Some("ada"))));
    shares.note_subscribed(&room());
    let change = only(&mut shares, "n");
    shares.settle(&change, outcome(&["ada"])).resolve();
    assert_eq!(shares.connections(&room()), 1);
    assert!(shares.leave(&room(), Some(&"ada".into()), false));
    assert!(shares.channels.is_empty());
}

#[test]
fn the_last_leave_removes_the_channel_from_the_index() {
    let mut shares = settled(&["ada"]);
    assert!(shares.leave(&room(), Some(&"ada".into()), false));
    assert!(!shares.leave(&room(), Some(&"ada".into()), false), "no connection is left");
    let change = only(&mut shares, "n");
    assert_eq!((change.connections, change.members.removed.as_slice()), (0, &["ada".into()][..]));
    assert!(shares.settle(&change, outcome(&[])).is_empty);
    assert_eq!(shares.take_unindexed(), [room()]);
    assert!(shares.channels.is_empty());
}

#[test]
fn a_last_leave_after_a_gap_removes_the_channel_from_the_index_too() {
    let mut shares = settled(&["ada"]);
    shares.note_gap();
    shares.resend_all();
    shares.leave(&room(), Some(&"ada".into()), false);
    let change = only(&mut shares, "n");
    shares.settle(&change, outcome(&[])).resolve();
    assert_eq!(shares.take_unindexed(), [room()]);
}

#[test]
fn under_a_new_id_everything_is_sent_and_the_old_share_ends() {
    let mut shares = settled(&["ada"]);
    let _bob = shares.join(&room(), request(Some("bob")));
    let lost = only(&mut shares, "n");
    assert!(shares.share_lost(&lost), "the node was declared dead");
    shares.resend_all();
    let change = only(&mut shares, "m");
    assert_eq!(change.earlier, [EarlierShare { node: node("n"), unanswered: Some(lost.sequence) }]);
    assert_eq!((change.connections, added(&change)), (2, vec![("ada", 0), ("bob", 1)]));
    assert!(change.basis == Basis::Anything && change.wants_state);
    assert_eq!(shares.not_indexed(std::slice::from_ref(&change)), [&room()]);
    shares.unanswered(&change);
    shares.resend_all();
    let change = only(&mut shares, "o");
    assert_eq!(change.earlier.iter().map(|earlier| earlier.node.as_str()).collect::<Vec<_>>(), ["n", "m"]);
    shares.settle(&change, outcome(&[])).resolve();
    assert!(shares.take(&node("o"), 9).is_empty());
    assert!(shares.leave(&room(), Some(&"bob".into()), false) || shares.connections(&room()) == 1);
    assert!(only(&mut shares, "o").earlier.is_empty());
}

#[test]
fn a_share_without_connections_ends_under_its_old_id_too() {
    let mut shares = settled(&["ada"]);
    shares.leave(&room(), Some(&"ada".into()), false);
    shares.resend_all();
    let change = only(&mut shares, "m");
    let earlier = EarlierShare { node: node("n"), unanswered: None };
    assert_eq!((change.earlier.as_slice(), change.connections), (&[earlier][..], 0));
    shares.settle(&change, outcome(&[])).resolve();
    assert!(shares.channels.is_empty());
}

#[test]
fn after_a_gap_everything_is_sent_again_once_the_topic_is_subscribed_to() {
    let mut shares = settled(&["ada"]);
    let _bob = shares.join(&room(), request(Some("bob")));
    let unanswered = only(&mut shares, "n");
    shares.note_gap();
    shares.resend_all();
    shares.unanswered(&unanswered);
    assert!(shares.take(&node("n"), 9).is_empty());
    shares.note_subscribed(&room());
    let again = only(&mut shares, "n");
    assert_eq!(again.sequence, unanswered.sequence);
    assert!(!shares.share_lost(&again), "the ledger may have lost the record");
    let change = only(&mut shares, "n");
    assert_eq!((change.connections, added(&change)), (2, vec![("ada", 0), ("bob", 1)]));
    assert!(change.basis == Basis::Anything && change.wants_state && change.earlier.is_empty());
}

#[test]
fn a_share_without_connections_waits_for_no_topic() {
    let mut shares = settled(&["ada"]);
    shares.note_gap();
    shares.leave(&room(), Some(&"ada".into()), false);
    assert_eq!(only(&mut shares, "n").connections, 0);
}

#[test]
fn joins_come_before_leaves_and_leaves_are_not_postponed_for_ever() {
    let mut shares = Shares::default();
    let places: Vec<Place> = (0..40).map(|n| place(&format!("c{n}"))).collect();
    for place in &places[..20] {
        drop(shares.join(place, request(None)));
        shares.note_subscribed(place);
    }
    for change in shares.take(&node("n"), 100) {
        shares.settle(&change, outcome(&[])).resolve();
    }
    for place in &places[..20] {
        shares.leave(place, None, false);
    }
    for place in &places[20..] {
        drop(shares.join(place, request(None)));
        shares.note_subscribed(place);
    }
    let batch = shares.take(&node("n"), 12);
    let joins = batch.iter().take_while(|change| change.connections > 0).count();
    assert_eq!((batch.len(), joins), (12, 9));
}

#[test]
fn a_reload_asks_for_the_state_only() {
    let mut shares = settled(&["ada"]);
    shares.reload_all();
    let change = only(&mut shares, "n");
    assert!(change.wants_state && change.basis == Basis::Share && change.members.added.is_empty());
}

#[test]
fn a_state_carries_the_number_of_gaps_at_the_time_of_its_change() {
    let mut shares = Shares::default();
    let _answer = shares.join(&room(), request(Some("ada")));
    shares.note_subscribed(&room());
    let before = only(&mut shares, "n");
    assert_eq!(shares.note_gap(), 1);
    shares.resend_all();
    assert_eq!(shares.settle(&before, outcome(&[])).gaps, 0);
    assert!(shares.take(&node("n"), 9).is_empty(), "its topic is not subscribed to");
    shares.note_subscribed(&room());
    let after = only(&mut shares, "n");
    assert!(after.wants_state && after.basis == Basis::Anything);
    assert_eq!(shares.settle(&after, outcome(&[])).gaps, 1);
}
