//! Webhooks from the client to the receiver: true edges, each once, and none lost through crashes.

mod burst;
mod crashes;
mod edges;
mod endpoints;
mod hostile_receivers;
mod nodes;
mod order;
mod outages;
mod restarts;
mod support;
