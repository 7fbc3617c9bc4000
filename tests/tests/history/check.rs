//! What must be true of a history.

use std::collections::{BTreeSet, HashMap};

use crate::guest::{Heard, Stay};

/// All that was heard.
pub(crate) struct History {
    pub(crate) rooms: Vec<Room>,
    /// Whether edges are told once: not where the ledger has lost its data.
    pub(crate) has_edges: bool,
}

/// One channel.
pub(crate) struct Room {
    pub(crate) channel: &'static str,
    /// Who is there at the end.
    pub(crate) members: BTreeSet<String>,
    pub(crate) is_occupied: bool,
    /// What all nodes have told of it.
    pub(crate) edges: Vec<String>,
    pub(crate) stays: Vec<Stay>,
}

pub(crate) fn all(history: &History) {
    for room in &history.rooms {
        for stay in &room.stays {
            check_messages(room.channel, stay);
            check_members(room, stay);
        }
        check_order(room);
        if history.has_edges {
            check_edges(room);
        }
    }
}

fn messages(stay: &Stay) -> Vec<&str> {
    stay.heard.iter().filter_map(Heard::message).collect()
}

/// Nothing twice, and nothing missing.
fn check_messages(channel: &str, stay: &Stay) {
    let heard = messages(stay);
    let distinct: BTreeSet<&str> = heard.iter().copied().collect();
    assert_eq!(distinct.len(), heard.len(), "{channel}: a message was heard twice: {heard:?}");
    for due in &stay.due {
        assert!(distinct.contains(due.as_str()), "{channel}: {due} was lost: {heard:?}");
    }
}

/// Who is added was not there, who is removed was; who was there to the end knows the truth.
fn check_members(room: &Room, stay: &Stay) {
    let mut members: BTreeSet<&str> = stay.snapshot.iter().map(String::as_str).collect();
    for heard in &stay.heard {
        let is_right = match heard {
            Heard::Added(user) => members.insert(user),
            Heard::Removed(user) => members.remove(user.as_str()),
            Heard::Message(_) => true,
        };
        assert!(is_right, "{}: {heard:?} in {:?}", room.channel, stay.heard);
    }
    if stay.is_last {
        assert!(members.into_iter().eq(&room.members), "{}: {stay:?} and {:?}", room.channel, room.members);
    }
}

/// Any two have heard what both have heard in the same order.
fn check_order(room: &Room) {
    for (index, one) in room.stays.iter().enumerate() {
        let places: HashMap<&str, usize> = messages(one).into_iter().enumerate().map(|(at, text)| (text, at)).collect();
        for other in &room.stays[..index] {
            let order: Vec<usize> = messages(other).iter().filter_map(|text| places.get(text).copied()).collect();
            assert!(order.is_sorted(), "{}: {:?} and {:?}", room.channel, messages(one), messages(other));
        }
    }
}

fn check_edges(room: &Room) {
    assert_eq!(unbalanced(room), None, "{}: {:?}", room.channel, room.edges);
}

/// What came has gone as often, but for what is there: a user, or the first and last subscriber, for whom this is not so.
pub(crate) fn unbalanced(room: &Room) -> Option<String> {
    let mut balance: HashMap<&str, i32> = room.members.iter().map(|user| (user.as_str(), 0)).collect();
    balance.insert("", 0);
    for edge in &room.edges {
        let (what, change) = match edge.as_str() {
            "Occupied" => ("", 1),
            "Vacated" => ("", -1),
            edge => match edge.strip_prefix("MemberAdded(") {
                Some(user) => (user.trim_matches(['"', ')']), 1),
                None => (edge.trim_start_matches("MemberRemoved(").trim_matches(['"', ')']), -1),
            },
        };
        *balance.entry(what).or_default() += change;
    }
    let is_there = |what: &str| if what.is_empty() { room.is_occupied } else { room.members.contains(what) };
    let wrong = balance.into_iter().find(|&(what, balance)| balance != i32::from(is_there(what)));
    wrong.map(|(what, balance)| format!("{what:?} has {balance}"))
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    fn said(texts: &[&str]) -> Vec<Heard> {
        texts.iter().map(|&text| Heard::Message(text.to_owned())).collect()
    }

    fn stay(heard: Vec<Heard>) -> Stay {
        Stay { heard, snapshot: vec!["ada".to_owned()], ..Stay::default() }
    }

    fn history(stays: Vec<Stay>, edges: &[&str]) -> History {
        let edges = edges.iter().map(|&edge| edge.to_owned()).collect();
        let members = BTreeSet::from(["ada".to_owned()]);
        let room = Room { channel: "presence-x", members, is_occupied: true, edges, stays };
        History { rooms: vec![room], has_edges: true }
    }

    #[test]
    fn a_good_history_passes_and_each_bad_one_is_found() {
        let ada = || "ada".to_owned();
        let edges = ["Occupied", r#"MemberAdded("ada")"#];
        all(&history(vec![stay(said(&["1", "2", "3"])), stay(said(&["1", "3"]))], &edges));
        let bad = [
            ("a duplicate", history(vec![stay(said(&["1", "1"]))], &edges)),
            ("a swap", history(vec![stay(said(&["1", "2"])), stay(said(&["2", "1"]))], &edges)),
            ("a loss", history(vec![Stay { due: vec!["2".to_owned()], ..stay(said(&["1"])) }], &edges)),
            ("a ghost", history(vec![Stay { is_last: true, ..stay(vec![Heard::Added("bob".to_owned())]) }], &edges)),
            ("one who is missing", history(vec![Stay { is_last: true, ..stay(vec![Heard::Removed(ada())]) }], &edges)),
            ("one who comes twice", history(vec![stay(vec![Heard::Added(ada())])], &edges)),
            ("a double edge", history(Vec::new(), &["Occupied", "Occupied"])),
            ("a missing edge", history(Vec::new(), &["Occupied", r#"MemberRemoved("ada")"#])),
        ];
        for (what, history) in bad {
            assert!(catch_unwind(|| all(&history)).is_err(), "{what} was not found");
        }
    }
}
