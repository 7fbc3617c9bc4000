//! The limits for clients that send more, or cost more, than honest ones.

use std::num::{NonZeroU32, NonZeroUsize};

/// The settings of `[edge]`. `None` is no limit.
#[derive(Clone, Copy, Debug)]
pub struct EdgeSettings {
    /// How fast a connection may be.
    pub pace: PaceLimits,
    /// What may come from one address.
    pub addresses: AddressSettings,
    /// Connections of all addresses that have not sent a complete request: handshakes of TLS, and heads. Beyond it, the
    /// oldest is closed.
    pub pending_handshakes: Option<NonZeroU32>,
    /// Bytes of memory for the frames in all outboxes together. Beyond it, the fullest are closed.
    pub outbox_bytes_total: Option<NonZeroUsize>,
    /// Bytes of memory for incomplete messages of all clients together. Beyond it, the client with most is closed.
    pub partial_bytes_total: Option<NonZeroUsize>,
}

/// What may come from one address, or from one /64 network of IPv6.
#[derive(Clone, Copy, Debug, Default)]
pub struct AddressSettings {
    /// Open connections. WebSockets beyond it are refused with 4100.
    pub connections: AddressLimit,
    /// New connections in one second, likewise.
    pub new_connections_per_second: AddressLimit,
    /// Connections that have not sent a complete request. Beyond it, the oldest is closed.
    pub pending_handshakes: AddressLimit,
    /// Refusals for wrong signatures, keys and tokens in one second. Beyond it, their reasons are not searched for, and
    /// wrong tokens are answered late.
    pub refusals_per_second: AddressLimit,
}

/// A limit for each address except those of trusted proxies.
#[derive(Clone, Copy, Debug, Default)]
pub struct AddressLimit {
    /// The limit; `None` for none.
    pub limit: Option<NonZeroU32>,
    /// True if the operator has set it. Otherwise it does not hold for loopback and private addresses, at which a proxy
    /// or the site's backend may be.
    pub is_set: bool,
}

/// How fast a connection may be. A second's worth may come at once. What comes faster is read later.
#[derive(Clone, Copy, Debug, Default)]
pub struct PaceLimits {
    /// Messages of any kind that a client sends in one second.
    pub messages: Option<NonZeroU32>,
    /// Bytes that a client sends in one second.
    pub bytes: Option<NonZeroU32>,
    /// Messages to other clients that a client causes in one second: by its events, and by joining and leaving
    /// channels.
    pub fanout: Option<NonZeroU32>,
}
