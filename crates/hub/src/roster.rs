//! The members of a presence channel.

use std::collections::HashMap;

use clairon_protocol::{Member, SocketId, UserId};
use indexmap::IndexMap;

/// The members of one presence channel: users, each with one or more connections.
///
/// The `user_info` of a user's first connection is kept until the last one has left, as on hosted Pusher.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    users: IndexMap<UserId, Entry>,
    by_connection: HashMap<SocketId, UserId>,
}

#[derive(Debug)]
struct Entry {
    member: Member,
    connections: usize,
}

impl Roster {
    /// Adds a connection. True if it is the first of its user.
    pub(crate) fn join(&mut self, connection: SocketId, member: Member) -> bool {
        let user_id = member.user_id.clone();
        let entry = self.users.entry(user_id.clone()).or_insert(Entry { member, connections: 0 });
        entry.connections += 1;
        let is_first = entry.connections == 1;
        self.by_connection.insert(connection, user_id);
        is_first
    }

    /// Removes a connection. Returns its user's id if it was the last of that user.
    pub(crate) fn leave(&mut self, connection: SocketId) -> Option<UserId> {
        let user_id = self.by_connection.remove(&connection)?;
        let entry = self.users.get_mut(&user_id)?;
        entry.connections -= 1;
        if entry.connections > 0 {
            return None;
        }
        self.users.shift_remove(&user_id);
        Some(user_id)
    }

    pub(crate) fn contains(&self, user_id: &UserId) -> bool {
        self.users.contains_key(user_id)
    }

    pub(crate) fn len(&self) -> usize {
        self.users.len()
    }

    /// The members, in the order in which they joined.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Member> {
        self.users.values().map(|entry| &entry.member)
    }
}

#[cfg(test)]
mod tests {
    use clairon_protocol::Limits;

    use super::*;

    fn member(json: &str) -> Member {
        Member::parse(json, &Limits::default()).unwrap()
    }

    #[test]
    fn a_user_is_there_from_the_first_to_the_last_connection() {
        let mut roster = Roster::default();
        let [one, two, three] = [1, 2, 3].map(SocketId::from_random);
        assert!(roster.join(one, member(r#"{"user_id":1,"user_info":"first"}"#)));
        assert!(!roster.join(two, member(r#"{"user_id":"1","user_info":"second"}"#)));
        assert!(roster.join(three, member(r#"{"user_id":2}"#)));
        let shown: Vec<_> = roster.members().map(|member| member.user_info.as_ref().map(|info| info.get())).collect();
        assert_eq!(shown, [Some("\"first\""), None]);
        assert_eq!(roster.leave(one), None);
        assert_eq!(roster.leave(one), None);
        assert_eq!(roster.len(), 2);
        assert_eq!(roster.leave(two).unwrap().as_str(), "1");
        assert_eq!(roster.len(), 1);
    }
}
