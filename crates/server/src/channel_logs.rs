//! The logs of channels, for recovery: their start, and what becomes of them while the server restarts.

mod saved;

use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

use clairon_hub::{Hub, LogSettings};
use clairon_protocol::Epoch;
use clairon_registry::{Registry, RegistryError, within};
use tokio::time::sleep;
use tracing::{info, warn};

use self::saved::{decode, encode};
use crate::{clock::unix_millis, event_frame, node::Node, settings::Settings};

/// The timeout for a small read or write of the registry.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// The timeout for reading or writing all logs.
const LOGS_TIMEOUT: Duration = Duration::from_mins(1);
/// The pause before another attempt to take the saved logs.
const RETRY: Duration = Duration::from_secs(1);

/// The logs in the database, from a stop of a server to its next start.
///
/// They are taken once. If they were still there at a later start, clients would recover from them without the events
/// that were published since, and would not learn of these. So the server that starts takes them, and only the server
/// that has started last may save its own.
#[derive(Debug)]
pub(crate) struct SavedLogs {
    /// The random name of this server.
    server: String,
    are_taken: AtomicBool,
}

impl SavedLogs {
    pub(crate) fn new() -> Self {
        Self { server: Epoch::from_random(rand::random()).to_string(), are_taken: AtomicBool::new(false) }
    }

    /// Takes the saved logs out of the database, and this server becomes the one that may save.
    async fn take(&self, registry: &dyn Registry) -> Result<String, RegistryError> {
        let text = within(LOGS_TIMEOUT, registry.take_logs(&self.server)).await?;
        self.are_taken.store(true, Relaxed);
        Ok(text)
    }
}

/// Takes the saved logs until that succeeds, if it has failed at the start. It is too late to read them, but they must
/// not be there at the next start.
pub(crate) async fn take_late(node: &Node) {
    while !node.saved_logs.are_taken.load(Relaxed) {
        sleep(RETRY).await;
        if node.saved_logs.take(node.registry.as_ref()).await.is_ok() {
            info!("the saved logs of channels were removed, which could not be read at the start");
        }
    }
}

/// The hub of a node with logs of channels. Those of several nodes are in Redis, and the hub mirrors them.
pub(crate) async fn prepare(hub: Hub, registry: &dyn Registry, settings: &Settings) -> Result<Hub, RegistryError> {
    let key = within(ANSWER_TIMEOUT, registry.recovery_key()).await?;
    Ok(hub.with_logs(LogSettings { amend: event_frame::amend, key, bytes: settings.recovery_bytes }))
}

/// Reads the logs that the server saved when it stopped. The apps must be known. With other nodes they are only
/// removed, as the logs are in Redis.
pub(crate) async fn restore(node: &Node) {
    let text = match node.saved_logs.take(node.registry.as_ref()).await {
        Ok(text) => text,
        Err(error) => return warn!(%error, "the saved logs of channels cannot be read: {CONSEQUENCE}"),
    };
    if !node.peers.have_own_logs() {
        return;
    }
    let now = node.clock.now();
    for line in text.lines() {
        match decode(line, unix_millis()) {
            Ok((id, log)) => {
                // A log of a deleted app, or of one without recovery, is dropped. So is one of an earlier app with the
                // id.
                if let Some(app) = node.enabled_app(&id).filter(|app| app.recovery) {
                    node.hub.app(&id).restore_log(log, app.log_room(), app.limits.max_channels(), now);
                }
            }
            Err(error) => warn!(%error, bytes = line.len(), "a saved log of a channel cannot be read: {CONSEQUENCE}"),
        }
    }
    node.hub.relieve_logs(now);
    let size = node.hub.log_size();
    if size.logs > 0 {
        info!(channels = size.logs, events = size.events, bytes = size.bytes, "logs of channels read");
    }
}

/// Saves the logs at the stop of a lone node. No event is accepted any more: one that is accepted is in the saved log.
pub(crate) async fn save(node: &Node) {
    if !node.peers.have_own_logs() {
        return;
    }
    node.peers.refuse_events();
    let logs = node.hub.saved_logs(node.clock.now());
    if logs.is_empty() {
        return;
    }
    let events: usize = logs.iter().map(|(_, log)| log.events.len()).sum();
    let channels = logs.len();
    let pieces = encode(logs, unix_millis());
    match within(LOGS_TIMEOUT, node.registry.save_logs(&node.saved_logs.server, &pieces)).await {
        Ok(true) => info!(channels, events, "logs of channels saved"),
        Ok(false) => warn!(
            channels,
            events,
            "the logs of channels are not saved, because another server has started with this database, or those of \
             the last one could not be taken: {CONSEQUENCE}"
        ),
        Err(error) => warn!(%error, channels, events, "the logs of channels cannot be saved: {CONSEQUENCE}"),
    }
}

/// What it means that a log is lost.
const CONSEQUENCE: &str = "clients that reconnect learn that events may be missing";
