//! What nodes tell each other.
//!
//! A [`Cluster`] carries events through Redis or Valkey and keeps the ledger: the connections, members and users of all
//! nodes. A node publishes through it and delivers what it brings, its own events included. Hence there is no filter
//! for echoes, and all nodes see one order per channel.

mod authorities;
mod backoff;
mod clients;
mod cluster;
mod committer;
mod core;
mod engine;
mod error;
mod health;
mod joining;
mod keys;
mod lease;
mod message;
mod notice;
mod reads;
mod scripts;
mod settings;
mod shares;
mod subscription;
mod survivors;
mod throttle;
mod topics;
mod url;
mod watches;

pub use authorities::Authorities;
pub use clairon_protocol::{CacheEntry, Publication};
pub use cluster::Cluster;
pub use error::{BusError, ClusterError};
pub use health::{Health, Mishap, Trouble, TroubleKind};
pub use joining::{Full, Joined, Joining, OverCapacity, PendingJoin};
pub use notice::{CachedEvent, Deliver, Notice, Place, State};
pub use reads::ChannelInfo;
pub use settings::ClusterSettings;
pub use url::RedisUrl;
