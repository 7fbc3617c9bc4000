//! The client side: many WebSocket connections and a few HTTP connections, on one thread with one poller.

mod connection;
mod dialer;
mod engine;
pub(crate) mod frame;
pub(crate) mod http;
mod inflater;
mod journal;
mod publisher;
mod query;
mod subscription;
mod swarm;
mod tally;
mod timer;
mod transport;

pub(crate) use engine::Engine;
pub(crate) use journal::{Entry, Journal, What};
pub(crate) use publisher::{DataKind, Job};
pub(crate) use query::query;
pub(crate) use subscription::{PRESENCE_CHANNEL, Subscription, public_channel};
pub(crate) use tally::Tally;
