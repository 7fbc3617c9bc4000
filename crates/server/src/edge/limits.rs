//! The limits for clients that send more, or cost more, than honest ones.

use std::num::NonZeroU32;

/// The settings of `[edge]`. `None` is no limit.
#[derive(Clone, Copy, Debug)]
pub struct EdgeSettings {
    /// How fast a connection may be.
    pub pace: PaceLimits,
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
