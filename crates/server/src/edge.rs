//! Incoming connections: the addresses of peers, and the trusted proxies.

mod peer_address;
mod trusted_proxies;

pub(crate) use self::peer_address::PeerAddress;
pub use self::trusted_proxies::{InvalidProxy, TrustedProxies};
