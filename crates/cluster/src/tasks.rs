//! The tasks of a node. Each runs as long as the node does and waits for a signal or a time.
//!
//! | task | what it does |
//! |---|---|
//! | `listener` | subscribes to the wanted topics, and delivers their messages |
//! | `committer` | sends to the ledger what has changed here, in batches |
//! | `heartbeat` | renews the lease, looks for nodes whose lease has ended, checks that Redis takes writes |
//! | `reaper` | removes what dead nodes have left in the ledger |
//!
//! `receiver` is the listener's part that delivers messages, `node_index` the committer's part that keeps the index of
//! the node.

pub(crate) mod committer;
pub(crate) mod heartbeat;
pub(crate) mod listener;
mod node_index;
pub(crate) mod reaper;
mod receiver;
