//! Several nodes that act as one through Redis, with and without faults.

mod apps;
mod behaviour;
mod engines;
mod faults;
mod history;
mod overview;
mod partitions;
mod recovery;
mod redis_users;
mod rolling;
