//! What nodes tell each other.
//!
//! A node publishes to a [`Bus`] and delivers what the bus brings, its own events included: no filter for echoes, and
//! one order per channel for everyone. A single node has the [`LocalBus`], which delivers at once.

mod bus;
mod local;

pub use bus::{Bus, BusError, CacheEntry, Deliver, Envelope};
pub use local::LocalBus;
