//! The members of a presence channel.

use std::collections::HashMap;

use clairon_protocol::{Member, NoRoom, PresenceRoom, SocketId, UserId};
use indexmap::IndexMap;

/// The members of one presence channel: users, each with one or more connections.
///
/// The `user_info` of a user's first connection is kept until the last one has left, as on hosted Pusher.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    users: IndexMap<UserId, Entry>,
    by_connection: HashMap<SocketId, UserId>,
    /// The bytes of all members as JSON.
    bytes: usize,
}

#[derive(Debug)]
struct Entry {
    member: Member,
    /// The bytes of the member as JSON.
    bytes: usize,
    connections: usize,
}

impl Roster {
    /// Adds a connection. Returns true if it is the first of its user.
    ///
    /// # Errors
    /// There is no room for another user.
    pub(crate) fn join(&mut self, connection: SocketId, member: &Member, room: PresenceRoom) -> Result<bool, NoRoom> {
        let user_id = member.user_id.clone();
        let is_first = !self.users.contains_key(&user_id);
        if is_first {
            let bytes = member.to_json().len();
            room.check(self.users.len(), self.bytes, bytes)?;
            self.bytes += bytes;
            self.users.insert(user_id.clone(), Entry { member: member.clone(), bytes, connections: 0 });
        }
        if let Some(entry) = self.users.get_mut(&user_id) {
            entry.connections += 1;
        }
        self.by_connection.insert(connection, user_id);
        Ok(is_first)
    }

    /// Removes a connection. Returns its user's id if it was the last of that user.
    pub(crate) fn leave(&mut self, connection: SocketId) -> Option<UserId> {
        let user_id = self.by_connection.remove(&connection)?;
        let entry = self.users.get_mut(&user_id)?;
        entry.connections -= 1;
        if entry.connections > 0 {
            return None;
        }
        if let Some(entry) = self.users.shift_remove(&user_id) {
            self.bytes -= entry.bytes;
        }
        Some(user_id)
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

    fn join(roster: &mut Roster, connection: SocketId, json: &str) -> bool {
        roster.join(connection, &member(json), PresenceRoom::UNLIMITED).unwrap()
    }

    #[test]
    fn a_user_is_there_from_the_first_to_the_last_connection() {
        let mut roster = Roster::default();
        let [one, two, three] = [1, 2, 3].map(SocketId::from_random);
        assert!(join(&mut roster, one, r#"{"user_id":1,"user_info":"first"}"#));
        assert!(!join(&mut roster, two, r#"{"user_id":"1","user_info":"second"}"#));
        assert!(join(&mut roster, three, r#"{"user_id":2}"#));
        let shown: Vec<_> = roster.members().map(|member| member.user_info.as_ref().map(|info| info.get())).collect();
        assert_eq!(shown, [Some("\"first\""), None]);
        assert_eq!(roster.leave(one), None);
        assert_eq!(roster.leave(one), None);
        assert_eq!(roster.len(), 2);
        assert_eq!(roster.leave(two).unwrap().as_str(), "1");
        assert_eq!(roster.len(), 1);
    }

    #[test]
    fn members_have_so_many_bytes_together() {
        let mut roster = Roster::default();
        let [one, two, three] = [1, 2, 3].map(SocketId::from_random);
        let (ada, bob) = (member(r#"{"user_id":"ada","user_info":"x"}"#), member(r#"{"user_id":"bob"}"#));
        // 33 and 34 bytes.
        let room = PresenceRoom { members: 9, bytes: 66 };
        assert_eq!(roster.join(one, &ada, room), Ok(true));
        assert_eq!(roster.join(two, &bob, room), Err(NoRoom::Bytes { limit: 66 }));
        assert_eq!(roster.join(two, &ada, room), Ok(false), "a second connection needs no room");
        assert_eq!((roster.leave(one), roster.leave(two).is_some()), (None, true));
        assert_eq!(roster.join(three, &bob, room), Ok(true), "the room is given back");
    }
}
