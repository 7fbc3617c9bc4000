//! A journal of each connection, for scenarios that account for every message.

use std::mem;

use super::Subscription;

/// An occurrence on a connection.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The connection's number. Another connection may use it after this one has ended.
    pub(crate) connection: usize,
    pub(crate) subscription: Subscription,
    pub(crate) what: What,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// The connection is subscribed; the text is the message that confirms it.
    Joined(String),
    /// An event with this number.
    Numbered(u64),
    /// Any other message.
    Notice(String),
    /// The client has closed the connection.
    Left,
    /// The server has ended the connection, with the code of its close frame if there was one.
    Lost(Option<u16>),
}

/// Entries in the order of their arrival.
#[derive(Debug, Default)]
pub(crate) struct Journal(Vec<Entry>);

impl Journal {
    pub(super) fn add(&mut self, connection: usize, subscription: Subscription, what: What) {
        self.0.push(Entry { connection, subscription, what });
    }

    /// The entries since the last call.
    pub(crate) fn take(&mut self) -> Vec<Entry> {
        mem::take(&mut self.0)
    }
}
