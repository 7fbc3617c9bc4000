//! What this node has and wants: its shares of channels, its clients, the users it watches, the topics it listens to.
//!
//! Pure: no clock, no connection. The tasks take from here what is to be done and report the results.

pub(crate) mod clients;
pub(crate) mod shares;
pub(crate) mod topics;
pub(crate) mod watches;

use self::{clients::Clients, shares::Shares, topics::Topics, watches::Watches};

/// All of it, under one lock.
#[derive(Default)]
pub(crate) struct Local {
    pub(crate) shares: Shares,
    pub(crate) clients: Clients,
    pub(crate) watches: Watches,
    pub(crate) topics: Topics,
    /// Grows each time that everything is sent again.
    pub(crate) epoch: u64,
}

impl Local {
    /// The ledger gets everything again: it may have lost what it had, or the node has a new id.
    pub(crate) fn resend_all(&mut self) {
        self.epoch += 1;
        self.shares.resend_all();
        self.clients.resend_all();
    }
}
