//! What nodes tell each other.
//!
//! A node publishes to a [`Bus`] and delivers what the bus brings, its own events included: no filter for echoes, and
//! one order per channel for everyone. A single node has the [`LocalBus`], which delivers at once. Many nodes have a
//! [`Cluster`], which carries events through Redis or Valkey and keeps the ledger of who is where.

mod authorities;
mod backoff;
mod bus;
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
mod local;
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
pub use bus::{Bus, BusError, CacheEntry, Envelope};
pub use cluster::Cluster;
pub use error::ClusterError;
pub use health::{Health, Trouble, TroubleKind};
pub use joining::{Full, Joined, Joining, OverCapacity, PendingJoin};
pub use local::LocalBus;
pub use notice::{CachedEvent, Deliver, Notice, Place, State};
pub use reads::ChannelInfo;
pub use settings::ClusterSettings;
pub use url::RedisUrl;
