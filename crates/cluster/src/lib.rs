//! What nodes tell each other.
//!
//! A node publishes to a [`Bus`] and delivers what the bus brings, its own events included: no filter for echoes, and
//! one order per channel for everyone. A single node has the [`LocalBus`], which delivers at once. Many nodes have a
//! [`Cluster`], which carries events through Redis or Valkey and keeps the ledger of who is where.

mod bus;
mod error;
mod health;
mod local;
mod notice;
mod settings;
mod url;

pub use bus::{Bus, BusError, CacheEntry, Envelope};
pub use error::ClusterError;
pub use health::{Health, Trouble, TroubleKind};
pub use local::LocalBus;
pub use notice::{CachedEvent, Deliver, Notice, Place, State};
pub use settings::ClusterSettings;
pub use url::RedisUrl;
