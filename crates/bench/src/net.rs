//! The client's side: many WebSocket connections, a few HTTP connections, one thread, one poller.

mod connection;
mod dialer;
mod engine;
pub(crate) mod frame;
pub(crate) mod http;
mod publisher;
mod subscription;
mod swarm;
mod tally;
mod timer;

pub(crate) use engine::Engine;
pub(crate) use publisher::Job;
pub(crate) use subscription::Subscription;
pub(crate) use tally::Tally;
