//! Several nodes that act as one through Redis, with and without faults.

mod apps;
mod behaviour;
mod engines;
mod faults;
mod history;
mod log_limits;
mod log_lives;
mod overview;
mod partitions;
mod recovery;
mod redis_users;
mod rolling;
mod two_masters;
