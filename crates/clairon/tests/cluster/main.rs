//! Several nodes that act as one through Redis, and what can happen to them.

mod apps;
mod behaviour;
mod engines;
mod faults;
mod history;
mod partitions;
mod redis_users;
mod rolling;
