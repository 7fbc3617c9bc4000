//! `/admin/api/apps/{id}/activity`

use std::sync::Arc;

use axum::{Json, extract::State};
use clairon_server::{
    live_feed::{Activity, ActivityKind},
    node::Node,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    activity_filter::{FilterInput, data_limit},
    listing::{known_app, look_through},
    path::AppPath,
    problem::Problem,
    recorder_view::RecorderView,
    repeated::QueryWithKinds,
    scope::Scope,
};

/// The number of activities in an answer if the request names no `limit`.
const LIMIT: u32 = 200;
/// The largest `limit`.
const MOST: u32 = 1_000;
/// An answer ends with the activity whose data exceeds this sum, in bytes: that of one event may have 10 MiB.
const DATA_BYTES: usize = 16 << 20;

/// The filter of recorded activities. An activity has to satisfy all parts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// Only activities of these kinds: a list with commas, or the parameter repeated.
    #[param(required = false, nullable = false, value_type = Option<Vec<ActivityKind>>)]
    kind: Option<String>,
    /// A pattern for channel names, in which `*` stands for any text and `?` for a character.
    #[param(required = false, nullable = false, max_length = 200)]
    channel: Option<String>,
    /// A pattern for names of events.
    #[param(required = false, nullable = false, max_length = 200)]
    event: Option<String>,
    /// Only activities of this connection, and events that exclude it.
    #[param(required = false, nullable = false, pattern = "^[1-9][0-9]{0,8}\\.[1-9][0-9]{0,8}$")]
    socket_id: Option<String>,
    /// Only activities of this user.
    #[param(required = false, nullable = false, max_length = 1000)]
    user: Option<String>,
    /// Only activities that contain this text, anywhere.
    #[param(required = false, nullable = false, max_length = 1000)]
    text: Option<String>,
    /// The largest part of an event's data that is shown, in bytes; 200 characters without it.
    #[param(required = false, nullable = false, minimum = 0, maximum = 10_485_760)]
    data_bytes: Option<u32>,
    /// Only activities with a smaller `id`: those before the last one of the page before.
    #[param(required = false, nullable = false)]
    before: Option<i64>,
    /// The largest number of activities in the answer; 200 without it.
    #[param(required = false, nullable = false, minimum = 1, maximum = 1_000)]
    limit: Option<u32>,
}

/// A page of recorded activities.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ActivityList {
    /// The nodes whose activities are recorded here.
    scope: Scope,
    /// The newest first. There are fewer than `limit` if their data has 16 MiB together.
    activities: Vec<Activity>,
    /// The state of the recorder.
    recorder: RecorderView,
}

/// List the recorded activities of an app
///
/// The flight recorder keeps the last minute of an app that is watched, and more if the setting
/// `dashboard.recorder_bytes` allows it.
#[utoipa::path(
    get, path = "/apps/{id}/activity", operation_id = "listActivity", tag = "live",
    params(("id" = String, Path, description = "The id of the app."), Wanted),
    responses(
        (status = 200, description = "The activities.", body = ActivityList),
        (status = 404, description = "No such app."),
    ),
)]
pub(crate) async fn list(
    State(node): State<Arc<Node>>,
    AppPath(id): AppPath,
    QueryWithKinds(wanted): QueryWithKinds<Wanted>,
) -> Result<Json<ActivityList>, Problem> {
    let Wanted { kind, channel, event, socket_id, user, text, data_bytes, before, limit } = wanted;
    let limit = limit.unwrap_or(LIMIT);
    if !(1..=MOST).contains(&limit) {
        return Err(Problem::invalid(format!("limit is {limit}, allowed are whole numbers from 1 to {MOST}")));
    }
    let app = Some(id.as_str().to_owned());
    let filter = FilterInput { app, kind, channel, event, socket_id, user, text, events: true }.parse()?;
    let data = data_limit(data_bytes)?;
    known_app(&node, &id)?;
    // No id is negative.
    let before = before.map_or(u64::MAX, |id| u64::try_from(id).unwrap_or_default());
    let reader = node.clone();
    let activities = look_through(move || {
        let recorded = reader.live.recorded(&filter, before, limit as usize);
        let mut room = Some(DATA_BYTES);
        let shown = recorded.iter().filter_map(|activity| filter.present(activity, &reader.apps, data));
        let fitting = shown.take_while(|activity| {
            let has_room = room.is_some();
            room = room.and_then(|room| room.checked_sub(activity.data_length()));
            has_room
        });
        fitting.collect()
    })
    .await?;
    Ok(Json(ActivityList { scope: Scope::here(&node), activities, recorder: RecorderView::of(&node, &id) }))
}
