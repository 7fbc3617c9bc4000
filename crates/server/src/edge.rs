//! Incoming connections: listeners, the bytes before the first request, addresses of peers, and trusted proxies.

mod app_rates;
mod listener;
mod opening;
mod peer_address;
mod trusted_proxies;

pub use self::listener::{Listener, ListeningSocket, OpeningProtocol};
pub use self::trusted_proxies::{InvalidProxy, TrustedProxies};
pub(crate) use self::{
    app_rates::{AppRates, TooFast},
    opening::open,
    peer_address::PeerAddress,
};
