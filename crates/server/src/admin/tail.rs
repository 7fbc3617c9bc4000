//! `/admin/api/tail`

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::State,
    response::sse::{Event, KeepAlive, Sse},
};
use clairon_protocol::escape_json;
use futures_util::{Stream, stream};
use http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;
use wildmatch::WildMatch;

use super::{problem::Problem, query::Query};
use crate::{
    live_feed::{Activity, Filter, MAX_TAILS, Tail},
    node::Node,
};

/// The interval of comments in a stream without activity.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// The largest pattern, in bytes.
const MAX_PATTERN: usize = 1_000;

/// The filter of a watcher.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// The id of an app; by default all activity.
    #[serde(default)]
    #[param(required = false)]
    app: Option<String>,
    /// A pattern for channel names, in which `*` stands for any text and `?` for a character. Activity without a
    /// channel is omitted then.
    #[serde(default)]
    #[param(required = false, max_length = 1000)]
    channel: Option<String>,
    /// `true` includes events.
    #[serde(default)]
    #[param(required = false)]
    events: bool,
}

/// Watch the activity on this node
///
/// Server-sent events. The data of each is an `Activity`. The stream continues until the client or the server ends it.
#[utoipa::path(
    get, path = "/tail", operation_id = "tail", tag = "live", params(Wanted),
    responses(
        (status = 200, description = "The events.", content_type = "text/event-stream", body = Activity),
        (status = 429, description = "As many watch as may."),
    ),
)]
pub(super) async fn tail(
    State(node): State<Arc<Node>>,
    Query(wanted): Query<Wanted>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let tail = node.live.watch(filter(wanted)?).ok_or_else(|| {
        let detail = format!("{MAX_TAILS} clients watch already, which is the limit: end one of them");
        Problem::new(StatusCode::TOO_MANY_REQUESTS, detail)
    })?;
    Ok(Sse::new(events(node, tail)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

fn filter(wanted: Wanted) -> Result<Filter, Problem> {
    let Wanted { app, channel, events } = wanted;
    let size = channel.as_ref().map_or(0, String::len);
    if size > MAX_PATTERN {
        return Err(Problem::invalid(format!("channel has {size} bytes, allowed are {MAX_PATTERN}")));
    }
    Ok(Filter { app, channel: channel.map(|pattern| WildMatch::new(&pattern)), events })
}

/// The events of the stream. The stream ends when the server stops. The first event causes the head of the answer to be
/// sent.
fn events(node: Arc<Node>, tail: Tail) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold((node, tail, true), |(node, mut tail, is_first)| async move {
        if is_first {
            return Some((Ok(Event::default().comment("watching")), (node, tail, false)));
        }
        let activity = tokio::select! {
            activity = tail.next() => activity?,
            () = node.stopping.cancelled() => return None,
        };
        Some((Ok(event(&activity)), (node, tail, false)))
    })
}

fn event(activity: &Activity) -> Event {
    // Strings and numbers can always be serialized.
    let json = serde_json::to_string(activity).unwrap_or_default();
    Event::default().data(escape_json(&json))
}
