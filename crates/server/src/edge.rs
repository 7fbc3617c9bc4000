//! Where connections come in: their addresses, and which proxies are believed.

mod peer_address;
mod trusted_proxies;

pub(crate) use self::peer_address::PeerAddress;
pub use self::trusted_proxies::{InvalidProxy, TrustedProxies};
