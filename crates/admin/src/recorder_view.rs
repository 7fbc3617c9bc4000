//! The state of the flight recorder.

use clairon_protocol::AppId;
use clairon_server::{
    live_feed::{Activity, DataLimit},
    node::Node,
};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// The state of the flight recorder of this node.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecorderView {
    /// Since when everything of the app is recorded; `null` if nothing is.
    #[schema(required)]
    pub(crate) since: Option<Timestamp>,
    /// The bytes of the recording of all apps.
    bytes: usize,
    /// The largest number of these bytes.
    limit_bytes: usize,
}

impl RecorderView {
    pub(crate) fn of(node: &Node, app: &AppId) -> Self {
        let recording = node.live.recording(app);
        let ago = |since: u64| {
            let milliseconds = node.clock.now().saturating_sub(since);
            Timestamp::now() - SignedDuration::from_millis(i64::try_from(milliseconds).unwrap_or_default())
        };
        let since = recording.since.map(ago);
        Self { since, bytes: recording.bytes, limit_bytes: recording.limit_bytes }
    }
}

/// Recorded activities, fit to be shown.
pub(crate) fn shown_all<'a>(
    node: &Node,
    activities: impl IntoIterator<Item = &'a std::sync::Arc<Activity>>,
    limit: DataLimit,
) -> Vec<Activity> {
    activities.into_iter().map(|activity| activity.shown(&node.apps, limit)).collect()
}
