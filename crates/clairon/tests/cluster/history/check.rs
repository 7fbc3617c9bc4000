//! The invariants of a history.

use std::collections::{BTreeSet, HashMap};

use super::guest::{Heard, Stay};

/// All received events and logged edges.
pub(crate) struct History {
    pub(crate) rooms: Vec<Room>,
    /// True if each edge is logged once; false if the ledger has lost its data.
    pub(crate) has_edges: bool,
}

/// One channel of one app.
#[derive(Default)]
pub(crate) struct Room {
    /// The prefix of each message on the channel.
    pub(crate) name: String,
    /// The members at the end.
    pub(crate) members: BTreeSet<String>,
    pub(crate) is_occupied: bool,
    /// The edges that all nodes have logged.
    pub(crate) edges: Vec<String>,
    pub(crate) stays: Vec<Stay>,
}

/// The first violated invariant.
pub(crate) type Checked = Result<(), String>;

pub(crate) fn all(history: &History) -> Checked {
    history.rooms.iter().try_for_each(|room| {
        let edges = || if history.has_edges { edges(room).and_then(|()| edges_heard(room)) } else { Ok(()) };
        let stays = room.stays.iter().try_for_each(|stay| messages(room, stay).and_then(|()| members(room, stay)));
        let checked = stays.and_then(|()| order(room)).and_then(|()| edges());
        checked.map_err(|wrong| format!("{}: {wrong}", room.name))
    })
}

fn said(stay: &Stay) -> Vec<&str> {
    stay.heard.iter().filter_map(Heard::message).collect()
}

fn must(is_so: bool, wrong: impl FnOnce() -> String) -> Checked {
    if is_so { Ok(()) } else { Err(wrong()) }
}

/// A client gets no message of another channel, none twice, and misses none.
fn messages(room: &Room, stay: &Stay) -> Checked {
    let heard = said(stay);
    let foreign = heard.iter().find(|text| !text.starts_with(&room.name));
    must(foreign.is_none(), || format!("{foreign:?} was said elsewhere"))?;
    let distinct: BTreeSet<&str> = heard.iter().copied().collect();
    must(distinct.len() == heard.len(), || format!("a message was heard twice: {heard:?}"))?;
    let lost = stay.due.iter().find(|due| !distinct.contains(due.as_str()));
    must(lost.is_none(), || format!("{lost:?} was lost: {heard:?}"))
}

/// An added member was absent, a removed one was present. A client that stayed to the end has the right members.
fn members(room: &Room, stay: &Stay) -> Checked {
    let mut members: BTreeSet<&str> = stay.snapshot.iter().map(String::as_str).collect();
    for heard in &stay.heard {
        let is_right = match heard {
            Heard::Added(user) => members.insert(user),
            Heard::Removed(user) => members.remove(user.as_str()),
            Heard::Message(_) => true,
        };
        must(is_right, || format!("{heard:?} in {:?} after {:?}", stay.heard, stay.snapshot))?;
    }
    let is_truth = !stay.is_last || members.iter().copied().eq(&room.members);
    must(is_truth, || format!("{members:?} at the end of {stay:?}, the truth is {:?}", room.members))
}

/// Two clients get the messages that both have got in the same order.
fn order(room: &Room) -> Checked {
    for (index, one) in room.stays.iter().enumerate() {
        let places: HashMap<&str, usize> = said(one).into_iter().enumerate().map(|(at, text)| (text, at)).collect();
        for other in &room.stays[..index] {
            let order: Vec<usize> = said(other).iter().filter_map(|text| places.get(text).copied()).collect();
            must(order.is_sorted(), || format!("two orders: {:?} and {:?}", said(one), said(other)))?;
        }
    }
    Ok(())
}

/// Each arrival has a departure, except for the members that are still present.
pub(crate) fn edges(room: &Room) -> Checked {
    let mut balance: HashMap<&str, i32> = room.members.iter().map(|user| (user.as_str(), 0)).collect();
    balance.insert("", 0);
    for edge in &room.edges {
        let (what, change) = match edge.as_str() {
            "occupied" => ("", 1),
            "vacated" => ("", -1),
            edge => match edge.strip_prefix("member_added ") {
                Some(user) => (user, 1),
                None => (edge.trim_start_matches("member_removed "), -1),
            },
        };
        *balance.entry(what).or_default() += change;
    }
    let is_there = |what: &str| if what.is_empty() { room.is_occupied } else { room.members.contains(what) };
    let wrong = balance.into_iter().find(|&(what, balance)| balance != i32::from(is_there(what)));
    must(wrong.is_none(), || format!("{wrong:?} in the edges {:?}", room.edges))
}

/// The nodes have logged exactly the changes of members that a client which stayed all the time has got.
pub(crate) fn edges_heard(room: &Room) -> Checked {
    let mut told: Vec<&str> = room.edges.iter().map(String::as_str).filter(|edge| edge.contains(' ')).collect();
    told.sort_unstable();
    room.stays.iter().filter(|stay| stay.is_whole).try_for_each(|stay| {
        let first = stay.snapshot.iter().map(|user| format!("member_added {user}"));
        let mut heard: Vec<String> = first.chain(stay.heard.iter().filter_map(edge)).collect();
        heard.sort();
        must(heard == told, || format!("the edges {told:?}, but {heard:?} was heard"))
    })
}

fn edge(heard: &Heard) -> Option<String> {
    match heard {
        Heard::Added(user) => Some(format!("member_added {user}")),
        Heard::Removed(user) => Some(format!("member_removed {user}")),
        Heard::Message(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(texts: &[&str]) -> Vec<Heard> {
        texts.iter().map(|text| Heard::Message(format!("x:{text}"))).collect()
    }

    fn stay(heard: Vec<Heard>) -> Stay {
        Stay { heard, snapshot: vec!["ada".to_owned()], ..Stay::default() }
    }

    fn history(stays: Vec<Stay>, edges: &[&str]) -> History {
        let edges = edges.iter().map(|&edge| edge.to_owned()).collect();
        let members = BTreeSet::from(["ada".to_owned()]);
        let room = Room { name: "x:".to_owned(), members, is_occupied: true, edges, stays };
        History { rooms: vec![room], has_edges: true }
    }

    #[test]
    fn a_good_history_passes_and_each_bad_one_is_found() {
        let ada = || "ada".to_owned();
        let bob = || "bob".to_owned();
        let edges = ["occupied", "member_added ada"];
        let last = |heard| Stay { is_last: true, ..stay(heard) };
        let whole = |heard| Stay { is_whole: true, ..stay(heard) };
        let good = history(vec![whole(said(&["1", "2", "3"])), last(said(&["1", "3"]))], &edges);
        assert_eq!(all(&good), Ok(()));
        let twice = [&edges[..], &["member_added bob", "member_removed bob"].repeat(2)].concat();
        let once = whole(vec![Heard::Added(bob()), Heard::Removed(bob())]);
        let elsewhere = vec![Heard::Message("y:1".to_owned())];
        for (what, history) in [
            ("elsewhere", history(vec![stay(elsewhere)], &edges)),
            ("twice", history(vec![stay(said(&["1", "1"]))], &edges)),
            ("two orders", history(vec![stay(said(&["1", "2"])), stay(said(&["2", "1"]))], &edges)),
            ("lost", history(vec![Stay { due: vec!["x:2".to_owned()], ..stay(said(&["1"])) }], &edges)),
            ("the truth", history(vec![last(vec![Heard::Added(bob())])], &edges)),
            ("the truth", history(vec![last(vec![Heard::Removed(ada())])], &edges)),
            ("Added", history(vec![stay(vec![Heard::Added(ada())])], &edges)),
            ("Removed", history(vec![stay(vec![Heard::Removed(bob())])], &edges)),
            ("in the edges", history(Vec::new(), &["occupied", "occupied", "member_added ada"])),
            ("in the edges", history(Vec::new(), &["occupied", "member_removed ada"])),
            ("in the edges", history(Vec::new(), &edges[..1])),
            ("was heard", history(vec![once], &twice)),
        ] {
            let wrong = all(&history).expect_err(what);
            assert!(wrong.contains(what), "{wrong} is not that of {what:?}");
        }
    }
}
