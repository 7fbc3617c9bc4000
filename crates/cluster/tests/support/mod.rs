//! Private Redis processes, a proxy that can fail, and nodes that write down what they are told.


pub mod node;
pub mod proxy;
pub mod redis_cluster;
pub mod redis_server;
pub mod room;
pub mod sentinel;
