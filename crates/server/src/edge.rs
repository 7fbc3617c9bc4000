//! Incoming connections: listeners, the bytes before the first request, TLS, the addresses of peers, and the trusted
//! proxies.

mod address_key;
mod address_limits;
mod address_rate;
mod app_rates;
mod broken_handshakes;
mod forwarded;
mod full_outboxes;
mod limit_effects;
mod limits;
mod listener;
mod opening;
mod pace;
mod partials;
mod peer_address;
mod trusted_proxies;

pub use self::limits::{AddressLimit, AddressSettings, EdgeSettings, PaceLimits};
pub use self::listener::{Listener, ListeningSocket, OpeningProtocol};
pub use self::peer_address::PeerAddress;
pub use self::trusted_proxies::{InvalidProxy, TrustedProxies};
pub(crate) use self::{
    address_key::AddressKey,
    address_limits::{AddressLimits, Crowded},
    app_rates::{AppRates, TooFast},
    full_outboxes::watch_outboxes,
    limit_effects::{LimitEffect, LimitEffects},
    opening::open,
    pace::{Due, Pace},
    partials::Partials,
};
