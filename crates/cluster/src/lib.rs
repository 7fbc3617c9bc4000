//! How events and members get from node to node.
//!
//! A [`Cluster`] carries events through Redis or Valkey, and keeps the ledger: the connections, members and users of
//! all nodes. A node publishes through it and handles what it delivers, its own events included. So no node filters its
//! own events, and every channel has one order for all nodes.
//!
//! Each layer uses only layers above it in this table; `tests/layers.rs` checks it.
//!
//! | layer | modules |
//! |---|---|
//! | what a caller and a cluster exchange | `error`, `notice`, `joining`, `health`, `channel_log` |
//! | helpers | `backoff`, `throttle` |
//! | the contract with the ledger | `ledger` |
//! | what this node has and wants; pure | `local` |
//! | how Redis is reached and what is asked of it | `redis` |
//! | what the tasks share | `settings`, `membership`, `signals`, `core` |
//! | the tasks | `tasks` |
//! | the handle of a node | `pending`, `cluster` |

mod backoff;
mod channel_log;
mod cluster;
mod core;
mod error;
mod health;
mod joining;
mod ledger;
mod local;
mod membership;
mod notice;
mod pending;
mod redis;
mod settings;
mod signals;
mod tasks;
mod throttle;

pub use clairon_protocol::{CacheEntry, Publication};
pub use clairon_tls::Authorities;

pub use self::{
    channel_log::{KeptLog, LogQuery, LogRead, LoggedEvent},
    cluster::{Cluster, NodeState},
    error::{BusError, ClusterError},
    health::{Health, Mishap, Trouble, TroubleKind},
    joining::{JoinRequest, Joined, OverCapacity},
    notice::{CachedEvent, ChannelState, Deliver, Notice, Place},
    pending::PendingJoin,
    redis::{
        reads::{ChannelInfo, OccupiedChannel},
        url::RedisUrl,
    },
    settings::ClusterSettings,
};
