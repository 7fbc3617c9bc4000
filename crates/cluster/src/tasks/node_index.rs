//! The index of this node in the ledger: where a reaper would look for its shares and clients.

use std::collections::BTreeMap;

use clairon_protocol::AppId;

use crate::{
    core::Core,
    ledger::{ClientCount, NodeId, ShareChange},
    notice::Place,
    redis::Failure,
};

/// Adds the channels and apps of these changes, before they are sent. Returns false if the node was declared dead.
pub(super) async fn add(
    core: &Core,
    node: &NodeId,
    changes: &[ShareChange],
    counts: &[ClientCount],
) -> Result<bool, Failure> {
    let mut by_app: BTreeMap<AppId, Vec<&Place>> = BTreeMap::new();
    let epoch = {
        let local = core.local.lock();
        for place in local.shares.not_indexed(changes) {
            by_app.entry(place.app.clone()).or_default().push(place);
        }
        for app in local.clients.not_indexed(counts) {
            by_app.entry(app).or_default();
        }
        local.epoch
    };
    if !core.redis.add_to_index(node, &by_app).await? {
        return Ok(false);
    }
    let mut local = core.local.lock();
    // In another epoch the node has another id, or Redis may have lost the index.
    if local.epoch == epoch {
        for (app, places) in &by_app {
            local.shares.note_indexed(places);
            local.clients.note_indexed(app);
        }
    }
    Ok(true)
}

/// Removes the channels that this node has no share of any more. On failure the entries remain; a reaper then checks
/// them needlessly.
pub(super) async fn remove(core: &Core, node: &NodeId) {
    let places = core.local.lock().shares.take_unindexed();
    if let Err(failure) = core.redis.remove_from_index(node, &places).await {
        tracing::debug!(%failure, "channels without a share remain in the index of this node");
    }
}
