//! The ledger: the record of the subscriptions and members of all nodes.
//!
//! The place of the ledger decides when a subscription is admitted. With other nodes, the ledger is outside the hub and
//! answers later. On a lone node it is in memory and answers at once, under the lock of the channel. There it keeps no
//! record of subscriptions, because they are the channel's own subscribers, so only members of presence channels cost
//! memory.

use std::collections::{HashMap, hash_map::Entry};

use clairon_protocol::{Member, NoRoom, PresenceRoom, UserId};

/// Where the ledger of a [`Hub`](crate::Hub) is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ledger {
    /// In the hub, because there are no other nodes.
    InMemory,
    /// Outside of the hub. The caller asks it, and passes its answers and changes to the hub.
    Shared,
}

/// The users of a presence channel of a lone node, each with one or more connections.
#[derive(Debug, Default)]
pub(crate) struct PresentUsers {
    users: HashMap<UserId, PresentUser>,
    /// The bytes of all members as JSON.
    bytes: usize,
}

#[derive(Debug)]
struct PresentUser {
    connections: usize,
    /// The bytes of the member as JSON.
    bytes: usize,
}

impl PresentUsers {
    /// Adds a connection. Returns true if it is the first of its user.
    ///
    /// # Errors
    /// There is no room for another user.
    pub(crate) fn join(&mut self, member: &Member, room: PresenceRoom) -> Result<bool, NoRoom> {
        let present = self.users.len();
        match self.users.entry(member.user_id.clone()) {
            Entry::Occupied(mut user) => {
                user.get_mut().connections += 1;
                Ok(false)
            }
            Entry::Vacant(vacant) => {
                let bytes = member.to_json().len();
                room.check(present, self.bytes, bytes)?;
                self.bytes += bytes;
                vacant.insert(PresentUser { connections: 1, bytes });
                Ok(true)
            }
        }
    }

    /// Removes a connection. Returns true if it was the last of its user.
    pub(crate) fn leave(&mut self, user_id: &UserId) -> bool {
        let Some(user) = self.users.get_mut(user_id) else { return false };
        user.connections -= 1;
        if user.connections > 0 {
            return false;
        }
        self.bytes -= user.bytes;
        self.users.remove(user_id);
        true
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
        let mut users = PresentUsers::default();
        let [one, same, two] = [r#"{"user_id":1}"#, r#"{"user_id":"1"}"#, r#"{"user_id":2}"#].map(member);
        let mut join = |member| users.join(member, PresenceRoom::UNLIMITED).unwrap();
        assert_eq!([join(&one), join(&same), join(&two)], [true, false, true]);
        let leaves = [&one, &one, &one, &two].map(|member| users.leave(&member.user_id));
        assert_eq!(leaves, [false, true, false, true]);
    }

    #[test]
    fn members_have_so_many_bytes_together() {
        let mut users = PresentUsers::default();
        let (ada, bob) = (member(r#"{"user_id":"ada","user_info":"x"}"#), member(r#"{"user_id":"bob"}"#));
        // 33 and 34 bytes.
        let room = PresenceRoom { members: 9, bytes: 66 };
        assert_eq!(users.join(&ada, room), Ok(true));
        assert_eq!(users.join(&bob, room), Err(NoRoom::Bytes { limit: 66 }));
        assert_eq!(users.join(&ada, room), Ok(false), "a second connection needs no room");
        assert_eq!([users.leave(&ada.user_id), users.leave(&ada.user_id)], [false, true]);
        assert_eq!(users.join(&bob, room), Ok(true), "the room is given back");
    }
}
