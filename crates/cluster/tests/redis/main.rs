//! Nodes over real Redis processes.

mod contract;
mod redis_cluster;
mod refusals;
mod sentinel;
mod single;
mod support;
