//! `/admin/api/tail`

use std::{convert::Infallible, future::pending, sync::Arc, time::Duration};

use axum::{
    extract::State,
    response::sse::{Event, KeepAlive, Sse},
};
use clairon_protocol::escape_json;
use clairon_server::{
    live_feed::{Activity, ActivityKind, MAX_TAILS, Tail, View},
    node::Node,
};
use futures_util::{Stream, StreamExt, stream};
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use tokio::time::sleep;
use utoipa::IntoParams;

use crate::{
    activity_filter::{FilterInput, data_limit},
    caller::Caller,
    listing::look_through,
    problem::Problem,
    repeated::QueryWithKinds,
};

/// The interval of comments in a stream without activity.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// The largest number of recorded activities that a stream begins with.
const RECENT: usize = 1_000;

/// The filter of a watcher. An activity has to satisfy all parts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// The id of an app; by default all activity.
    #[serde(default)]
    #[param(required = false)]
    app: Option<String>,
    /// Only activities of these kinds: a list with commas, or the parameter repeated.
    #[serde(default)]
    #[param(required = false, value_type = Option<Vec<ActivityKind>>)]
    kind: Option<String>,
    /// A pattern for channel names, in which `*` stands for any text and `?` for a character. Activity without a
    /// channel is omitted then.
    #[serde(default)]
    #[param(required = false, max_length = 200)]
    channel: Option<String>,
    /// A pattern for names of events.
    #[serde(default)]
    #[param(required = false, max_length = 200)]
    event: Option<String>,
    /// Only activities of this connection, and events that exclude it.
    #[serde(default)]
    #[param(required = false)]
    socket_id: Option<String>,
    /// Only activities of this user.
    #[serde(default)]
    #[param(required = false, max_length = 1000)]
    user: Option<String>,
    /// Only activities that contain this text, anywhere.
    #[serde(default)]
    #[param(required = false, max_length = 1000)]
    text: Option<String>,
    /// `true` includes events. They are included too if `kind` names them.
    #[serde(default)]
    #[param(required = false)]
    events: bool,
    /// The largest part of an event's data that is shown, in bytes; 200 characters without it.
    #[serde(default)]
    #[param(required = false, nullable = false, minimum = 0, maximum = 10_485_760)]
    data_bytes: Option<u32>,
    /// The largest number of activities in a second. What is left out is counted in an activity `missed`, once a
    /// second.
    #[serde(default)]
    #[param(required = false, nullable = false, minimum = 1)]
    max_per_second: Option<u32>,
    /// `true` begins with what the flight recorder has, at most 1,000 activities.
    #[serde(default)]
    #[param(required = false)]
    recent: bool,
}

/// Watch the activity on this node
///
/// Server-sent events. The data of each is an `Activity`. The stream continues until the client or the server ends it,
/// or the session of the dashboard that began it expires.
/// While an app is watched, and a minute longer, its last minute is recorded.
#[utoipa::path(
    get, path = "/tail", operation_id = "tail", tag = "live", params(Wanted),
    responses(
        (status = 200, description = "The events.", content_type = "text/event-stream", body = Activity),
        (status = 429, description = "As many watch as may."),
    ),
)]
pub(crate) async fn tail(
    State(node): State<Arc<Node>>,
    caller: Caller,
    QueryWithKinds(wanted): QueryWithKinds<Wanted>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let (view, recent) = (wanted.view()?, wanted.recent);
    let filter = view.filter.clone();
    let (mut tail, last) = node.live.watch(view).ok_or_else(|| {
        let detail = format!("{MAX_TAILS} clients watch already, which is the limit: end one of them");
        Problem::new(StatusCode::TOO_MANY_REQUESTS, detail)
    })?;
    if recent {
        let live = node.live.clone();
        let recorded = look_through(move || live.recorded(&filter, last + 1, RECENT)).await?;
        tail.begin_with(recorded);
    }
    let events = until_end(events(node, tail), caller.expires_at);
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

impl Wanted {
    fn view(&self) -> Result<View, Problem> {
        let Self { app, kind, channel, event, socket_id, user, text, events, data_bytes, max_per_second, recent: _ } =
            self;
        if *max_per_second == Some(0) {
            return Err(Problem::invalid("max_per_second is 0, allowed are whole numbers from 1"));
        }
        let filter = FilterInput {
            app: app.clone(),
            kind: kind.clone(),
            channel: channel.clone(),
            event: event.clone(),
            socket_id: socket_id.clone(),
            user: user.clone(),
            text: text.clone(),
            events: *events,
        };
        Ok(View { filter: filter.parse()?, data: data_limit(*data_bytes)?, max_per_second: *max_per_second })
    }
}

/// The events of the stream. The stream ends when the server stops. The first event causes the head of the answer to be
/// sent.
fn events(node: Arc<Node>, tail: Tail) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold((node, tail, true), |(node, mut tail, is_first)| async move {
        if is_first {
            return Some((Ok(Event::default().comment("watching")), (node, tail, false)));
        }
        let activity = tokio::select! {
            activity = tail.next(&node.apps) => activity?,
            () = node.stopping.cancelled() => return None,
        };
        Some((Ok(event(&activity)), (node, tail, false)))
    })
}

/// Ends a stream at the end of the session of the operator that reads it. A request with the token has no session.
fn until_end<S: Stream>(stream: S, session: Option<Timestamp>) -> impl Stream<Item = S::Item> {
    stream.take_until(async move {
        match session {
            Some(expires_at) => sleep(Timestamp::now().duration_until(expires_at).try_into().unwrap_or_default()).await,
            None => pending().await,
        }
    })
}

fn event(activity: &Activity) -> Event {
    Event::default().data(escape_json(&activity.json()))
}

#[cfg(test)]
mod tests {
    use tokio::time::timeout;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_stream_ends_with_its_session() {
        let ends_within = async |session: Option<Timestamp>, minutes: u64| {
            let mut events = Box::pin(until_end(stream::pending::<()>(), session));
            timeout(Duration::from_mins(minutes), events.next()).await.is_ok()
        };
        let hour = Duration::from_hours(1);
        assert!(!ends_within(Some(Timestamp::now() + hour), 59).await);
        assert!(ends_within(Some(Timestamp::now() + hour), 61).await);
        assert!(ends_within(Some(Timestamp::now() - hour), 1).await);
        assert!(!ends_within(None, 60_000).await);
    }
}
