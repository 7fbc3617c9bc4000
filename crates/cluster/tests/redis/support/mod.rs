//! Private Redis processes, a proxy that can fail, and nodes that record their notices.

pub(crate) mod node;
pub(crate) mod proxy;
mod raw;
pub(crate) mod redis_cluster;
pub(crate) mod redis_server;
pub(crate) mod room;
pub(crate) mod sentinel;
pub(crate) mod shared;

pub(crate) use raw::raw;
