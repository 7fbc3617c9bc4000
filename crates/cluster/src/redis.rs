//! Redis or Valkey: how it is reached, what is kept there under which names, and what this node asks of it.
//!
//! Paths that begin with `crate::redis` name this module; those that begin with `redis` name the client library. Only
//! this module uses the library.
//!
//! | file | what it holds |
//! |---|---|
//! | `url` | the URL of Redis |
//! | `engine` | connections to a server, a master behind Sentinels, or a Redis Cluster |
//! | `keys`, `message` | the names of keys and topics, the format of messages |
//! | `scripts` | what must be one step |
//! | `rights` | the rights that the user of Redis needs |
//! | `client` | the connections of this node; publishing and listening |
//! | `changes`, `nodes`, `reads` | requests: changes of the ledger, the list of nodes, questions |

pub(crate) mod changes;
pub(crate) mod client;
pub(crate) mod engine;
mod failure;
pub(crate) mod keys;
pub(crate) mod message;
mod nodes;
pub(crate) mod reads;
mod rights;
mod scripts;
pub(crate) mod url;

pub(crate) use self::{
    failure::Failure,
    scripts::{Renewal, Request, kept_for},
};
