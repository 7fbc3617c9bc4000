//! Nodes that record their notices, and a plain client of Redis.

pub(crate) mod node;
mod raw;
pub(crate) mod room;

pub(crate) use raw::raw;
