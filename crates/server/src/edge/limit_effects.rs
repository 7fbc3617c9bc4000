//! What the limits of `[edge]` do: each effect is counted, and logged at most once a minute.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use clairon_protocol::AppId;
use tracing::warn;

use super::PeerAddress;
use crate::{node::Node, throttle::Throttle};

/// Defines [`LimitEffect`] from the table: the setting in `[edge]`, the label of the effect, and the line for the log.
macro_rules! limit_effects {
    ($($variant:ident: $setting:literal, $effect:literal, $line:literal;)+) => {
        /// What a limit does to a client that exceeds it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum LimitEffect {
            $($variant,)+
        }

        impl LimitEffect {
            const ALL: [Self; [$($setting),+].len()] = [$(Self::$variant),+];

            /// The labels of the counter: the setting and the effect.
            const fn labels(self) -> (&'static str, &'static str) {
                match self {
                    $(Self::$variant => ($setting, $effect),)+
                }
            }

            const fn line(self) -> &'static str {
                match self {
                    $(Self::$variant => $line,)+
                }
            }
        }
    };
}

limit_effects! {
    ConnectionsRefused: "connections_per_address", "refused", "an address has too many connections: new ones are refused";
    ArrivalsRefused: "new_connections_per_address_per_second", "refused", "connections from an address come too fast: they are refused";
    HandshakesClosed: "new_connections_per_address_per_second", "closed", "an address breaks off too many TLS handshakes: it may make none for a second";
    PendingClosed: "pending_handshakes", "closed", "too many connections have sent no complete request: the oldest are closed";
    AddressPendingClosed: "pending_handshakes_per_address", "closed", "too many connections of an address have sent no complete request: the oldest are closed";
    OutboxesClosed: "outbox_bytes_total", "closed", "too many events wait for slow clients: the slowest are disconnected";
    PartialsClosed: "partial_bytes_total", "closed", "incomplete messages take too much memory: clients with large ones are disconnected";
    RefusalsUnexplained: "refusals_per_address_per_second", "unexplained", "an address sends too many wrong signatures or keys: exact reasons are not searched for";
    TokensDelayed: "refusals_per_address_per_second", "delayed", "an address sends too many wrong tokens: they are answered late";
    MessagesDelayed: "messages_per_connection_per_second", "delayed", "a client sends too many messages: it is read later";
    MessagesClosed: "messages_per_connection_per_second", "closed", "a client floods the server with messages: it is disconnected";
    BytesDelayed: "bytes_per_connection_per_second", "delayed", "a client sends too many bytes: it is read later";
    BytesClosed: "bytes_per_connection_per_second", "closed", "a client floods the server with bytes: it is disconnected";
    FanoutDelayed: "fanout_per_connection_per_second", "delayed", "a client causes too many messages to others: it is read later";
}

/// The counters of all effects.
#[derive(Debug, Default)]
pub struct LimitEffects([Counter; LimitEffect::ALL.len()]);

#[derive(Debug, Default)]
struct Counter {
    count: AtomicU64,
    /// The count at the time of the last line.
    logged: AtomicU64,
    log: Throttle,
}

impl Node {
    /// Notes what a limit does to a client.
    pub(crate) fn note_limit(&self, effect: LimitEffect, peer: PeerAddress, app: Option<&AppId>) {
        let counter = &self.limit_effects.0[effect as usize];
        let count = counter.count.fetch_add(1, Relaxed) + 1;
        if counter.log.allows(self.clock.now()) {
            let (setting, _) = effect.labels();
            let times = count - counter.logged.swap(count, Relaxed);
            let app = app.map(tracing::field::display);
            warn!(limit = %format_args!("edge.{setting}"), %peer, app, times, "{}", effect.line());
        }
    }
}

impl LimitEffects {
    /// Each pair of labels with its count.
    pub fn iter(&self) -> impl Iterator<Item = ((&'static str, &'static str), u64)> {
        LimitEffect::ALL.into_iter().map(|effect| (effect.labels(), self.0[effect as usize].count.load(Relaxed)))
    }
}
