//! What each connection went through, for scenarios that must account for every message.

use std::mem;

use super::Subscription;

/// One thing that a connection went through.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its number, which is free for another one after it has left or was lost.
    pub(crate) connection: usize,
    pub(crate) subscription: Subscription,
    pub(crate) what: What,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// Subscribed: the message that says so.
    Joined(String),
    /// An event with this number.
    Numbered(u64),
    /// Any other message.
    Notice(String),
    /// Left, as it was told to.
    Left,
    /// Ended by the server, with the code of its close frame if it sent one.
    Lost(Option<u16>),
}

/// Entries in the order in which they were seen.
#[derive(Debug, Default)]
pub(crate) struct Journal(Vec<Entry>);

impl Journal {
    pub(super) fn add(&mut self, connection: usize, subscription: Subscription, what: What) {
        self.0.push(Entry { connection, subscription, what });
    }

    /// What has come since the last call.
    pub(crate) fn take(&mut self) -> Vec<Entry> {
        mem::take(&mut self.0)
    }
}
