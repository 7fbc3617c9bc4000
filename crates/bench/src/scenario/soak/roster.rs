//! The members of a presence channel, as one member receives them.

use std::collections::BTreeSet;

use serde_json::Value;

/// The ids of users.
pub(super) type Users = BTreeSet<String>;

/// The members: those of the subscription's answer, with each later change, as in a client library.
#[derive(Debug, Default)]
pub(super) struct Roster {
    pub(super) users: Users,
    /// The number of members that were added twice, or removed without being present.
    pub(super) faults: u64,
}

impl Roster {
    /// Applies a message of the channel.
    pub(super) fn take(&mut self, message: &str) {
        let Ok(message) = serde_json::from_str::<Value>(message) else { return };
        let data = data(&message);
        let user = text(&data["user_id"]);
        let fits = match (message["event"].as_str(), user) {
            (Some("pusher_internal:subscription_succeeded"), _) => {
                let ids = data["presence"]["ids"].as_array();
                self.users = ids.into_iter().flatten().filter_map(text).collect();
                true
            }
            (Some("pusher_internal:member_added"), Some(user)) => self.users.insert(user),
            (Some("pusher_internal:member_removed"), Some(user)) => self.users.remove(&user),
            _ => true,
        };
        self.faults += u64::from(!fits);
    }
}

/// The data of a message: JSON, or a string of JSON.
fn data(message: &Value) -> Value {
    match &message["data"] {
        Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
        data => data.clone(),
    }
}

/// A user's id as text. In JSON it may be a string or a number.
pub(super) fn text(id: &Value) -> Option<String> {
    match id {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SNAPSHOT: &str = r#"{"event":"pusher_internal:subscription_succeeded","channel":"presence-c",
        "data":"{\"presence\":{\"ids\":[\"a\",7],\"hash\":{\"a\":null,\"7\":null},\"count\":2}}"}"#;

    fn change(kind: &str, id: &str) -> String {
        format!(r#"{{"event":"pusher_internal:member_{kind}","data":"{{\"user_id\":\"{id}\"}}"}}"#)
    }

    fn roster(messages: &[String]) -> (Vec<String>, u64) {
        let mut roster = Roster::default();
        roster.take(SNAPSHOT);
        for message in messages {
            roster.take(message);
        }
        (roster.users.into_iter().collect(), roster.faults)
    }

    #[test]
    fn members_come_and_go() {
        assert_eq!(roster(&[]), (vec!["7".to_owned(), "a".to_owned()], 0));
        let changes = [change("added", "b"), change("removed", "a"), change("removed", "7"), change("added", "a")];
        assert_eq!(roster(&changes), (vec!["a".to_owned(), "b".to_owned()], 0));
        assert_eq!(roster(&["not JSON".to_owned(), r#"{"event":"x","data":{}}"#.to_owned()]).1, 0);
    }

    #[test]
    fn a_member_told_of_twice_is_a_fault() {
        assert_eq!(roster(&[change("added", "a")]).1, 1);
        assert_eq!(roster(&[change("removed", "a"), change("removed", "a")]).1, 1);
        assert_eq!(roster(&[change("removed", "b")]), (vec!["7".to_owned(), "a".to_owned()], 1));
    }
}
