//! The log of the connections that the server closes.

use std::collections::BTreeMap;

use clairon_hub::Millis;
use clairon_protocol::Disconnect;
use parking_lot::Mutex;
use tracing::{debug, info};

use super::connection::Connection;
use crate::line_budget::LineBudget;

/// The budget of lines about closed connections, for each code.
#[derive(Debug, Default)]
pub(crate) struct Closings(Mutex<BTreeMap<u16, LineBudget>>);

impl Closings {
    fn admit(&self, reason: Disconnect, now: Millis) -> Option<u64> {
        self.0.lock().entry(reason.code()).or_default().admit(now)
    }
}

/// Logs that the server closes a connection.
pub(super) fn log(connection: &Connection, reason: Disconnect) {
    let node = &connection.node;
    let (app, socket, peer, code) = (connection.app_id(), connection.session.id(), connection.peer(), reason.code());
    // Limits have lines of their own.
    if matches!(
        reason,
        Disconnect::Shutdown | Disconnect::TooFast | Disconnect::OutboxesFull | Disconnect::PartialsFull
    ) {
        debug!(%app, %socket, %peer, code, %reason, "closing");
    } else if let Some(left_out) = node.closings.admit(reason, node.clock.now()) {
        let left_out = (left_out > 0).then_some(left_out);
        info!(%app, %socket, %peer, code, %reason, left_out, "closing");
    }
}
