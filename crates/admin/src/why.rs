//! `/admin/api/apps/{id}/why`

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use axum::{Json, extract::State};
use clairon_hub::AppHub;
use clairon_protocol::{AppId, ChannelName, SocketId, UserId};
use clairon_registry::App;
use clairon_server::{
    live_feed::{Activity, ActivityKind, DataLimit, Filter},
    node::Node,
    peer_text::hide_secrets,
    socket::ConnectionState,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::{
    activity_filter::parse_socket_id,
    connection::app_of,
    connections::connections_of,
    diagnosis::{Evidence, OpenSubject, Question, Receiver, Records, Subject, SubjectState, Verdict, Wanted, judge},
    listing::{known_app, look_through},
    path::AppPath,
    problem::Problem,
    query::Query,
    recorder_view::{RecorderView, shown_all},
    scope::Scope,
};

/// The largest name in a question, in bytes.
const NAME_BYTES: usize = 1_000;
/// An answer has up to this many characters.
const ANSWER_CHARS: usize = 4_000;
/// The largest number of connections of a user that are looked at.
const SUBJECTS: usize = 20;

/// The question.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// The name of the event, as the page listens to it; by default any event of the channel.
    #[param(required = false, nullable = false, max_length = 1000)]
    event: Option<String>,
    /// The channel; by default any channel.
    #[param(required = false, nullable = false, max_length = 1000)]
    channel: Option<String>,
    /// The `id` of one recorded event; by default the latest that fits.
    #[param(required = false, nullable = false)]
    activity: Option<u64>,
    /// The connection that did not get the event.
    #[param(required = false, nullable = false)]
    socket_id: Option<String>,
    /// The user that did not get the event; not with `socket_id`.
    #[param(required = false, nullable = false, max_length = 1000)]
    user: Option<String>,
}

/// The answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WhyView {
    /// What has become of the event.
    verdict: Verdict,
    /// The reason, in English sentences.
    answer: String,
    /// What the sentences name, for the same in another language; `case` tells the sentences of a verdict apart.
    #[schema(value_type = Object)]
    parameters: Map<String, Value>,
    /// The recorded activities that show it, the oldest first.
    evidence: Vec<Activity>,
    /// The state of the recorder.
    recorder: RecorderView,
    /// The nodes whose connections and recordings were looked at.
    scope: Scope,
}

/// Answer why a page did not get an event
///
/// Name an event or a channel, and a connection or a user. Without both, the answer is about the subscribers of the
/// channel. It follows from the connections of the node that answers, and from what its flight recorder has.
#[utoipa::path(
    get, path = "/apps/{id}/why", operation_id = "why", tag = "live",
    params(("id" = String, Path, description = "The id of the app."), Asked),
    responses(
        (status = 200, description = "The answer.", body = WhyView),
        (status = 404, description = "No such app."),
    ),
)]
pub(crate) async fn why(
    State(node): State<Arc<Node>>,
    AppPath(id): AppPath,
    Query(asked): Query<Asked>,
) -> Result<Json<WhyView>, Problem> {
    asked.check()?;
    let app = known_app(&node, &id)?;
    let Asked { event, channel, activity, socket_id, user } = asked;
    let socket_id = socket_id.as_deref().map(parse_socket_id).transpose()?;
    let sockets = match (&user, socket_id) {
        (Some(user), _) => of_user(&node, &id, user).await?,
        (None, socket_id) => socket_id.into_iter().collect(),
    };
    let (live, wanted_app, wanted_event, wanted_channel, wanted_sockets) =
        (node.live.clone(), id.clone(), event.clone(), channel.clone(), sockets.clone());
    let evidence = look_through(move || {
        let wanted = Wanted {
            app: wanted_app.as_str(),
            event: wanted_event.as_deref(),
            channel: wanted_channel.as_deref(),
            activity,
            sockets: &wanted_sockets,
        };
        Evidence::collect(&live, &wanted)
    })
    .await?;
    let hub = node.hub.app(&id);
    let states = node.inspections.inspect(&hub, &sockets.iter().copied().collect::<Vec<_>>()).await;
    let channels = evidence.events.iter().filter_map(|event| event.channel_name()).chain(channel.as_deref());
    let channels: BTreeSet<&str> = channels.collect();
    let mut subjects: Vec<Subject> =
        sockets.iter().map(|id| subject(&node, &app, &hub, *id, states.get(id), &channels)).collect();
    subjects.sort_by_key(|subject| subject.socket_id);
    let receiver = match user {
        Some(user) => Receiver::User(user, subjects),
        None => subjects.into_iter().next().map_or(Receiver::Anyone, Receiver::Connection),
    };
    let recorder = RecorderView::of(&node, &id);
    let Evidence { events, connections, elsewhere, refused_requests } = evidence;
    let has_peers = node.peers.can_take_over();
    let records = Records { since: recorder.since, events, connections, elsewhere, refused_requests, has_peers };
    let answer = judge(&Question { event, channel, activity, receiver }, &records);
    let hide = |text: &str| hide_secrets(&node.apps, text, ANSWER_CHARS).into_owned();
    let parameters = answer.parameters.into_iter().map(|(name, value)| (name, hidden(value, &hide))).collect();
    Ok(Json(WhyView {
        verdict: answer.verdict,
        answer: hide(&answer.words),
        parameters,
        evidence: shown_all(&node, &answer.evidence, DataLimit::default()),
        recorder,
        scope: Scope::here(&node),
    }))
}

impl Asked {
    fn check(&self) -> Result<(), Problem> {
        let Self { event, channel, activity, socket_id, user } = self;
        for (name, text) in [("event", event), ("channel", channel), ("user", user)] {
            let size = text.as_ref().map_or(0, String::len);
            if size > NAME_BYTES {
                return Err(Problem::invalid(format!("{name} has {size} bytes, allowed are {NAME_BYTES}")));
            }
        }
        if socket_id.is_some() && user.is_some() {
            return Err(Problem::invalid("socket_id and user are two questions: name one of them"));
        }
        if event.is_none() && channel.is_none() && activity.is_none() {
            return Err(Problem::invalid(
                "Name the event, the channel or both (event, channel), or a recorded activity",
            ));
        }
        Ok(())
    }
}

/// A value without secrets.
fn hidden(value: Value, hide: &impl Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => hide(&text).into(),
        Value::Array(values) => values.into_iter().map(|value| hidden(value, hide)).collect(),
        other => other,
    }
}

/// The connections of a user on this node: the open ones, and those that are recorded.
async fn of_user(node: &Arc<Node>, app: &AppId, user: &str) -> Result<HashSet<SocketId>, Problem> {
    let mut found = connections_of(node, &node.hub.app(app), &UserId::from(user)).await?;
    let filter = Filter {
        app: Some(app.as_str().to_owned()),
        kinds: vec![ActivityKind::Subscribed, ActivityKind::SignedIn],
        user: Some(user.to_owned()),
        ..Filter::default()
    };
    let live = node.live.clone();
    let recorded = look_through(move || live.recorded(&filter, u64::MAX, SUBJECTS)).await?;
    found.extend(recorded.iter().filter_map(|activity| activity.socket_id()).take(SUBJECTS));
    Ok(found.into_iter().take(SUBJECTS).collect())
}

/// The present state of a connection.
fn subject(
    node: &Node,
    app: &App,
    hub: &AppHub,
    socket_id: SocketId,
    state: Option<&ConnectionState>,
    channels: &BTreeSet<&str>,
) -> Subject {
    let Some(session) = hub.session(socket_id) else {
        let other = app_of(node, socket_id).map(|id| id.as_str().to_owned()).or_else(|| recorded_app(node, socket_id));
        let state =
            other.filter(|other| *other != app.id.as_str()).map_or(SubjectState::Gone, SubjectState::OfOtherApp);
        return Subject { socket_id, state };
    };
    let (now, at) = (node.clock.now(), Timestamp::now());
    let ago = |milliseconds: u64| at - SignedDuration::from_millis(i64::try_from(milliseconds).unwrap_or_default());
    let is_subscribed = |name: &&&str| {
        let channel = ChannelName::parse(name, &app.limits).ok().and_then(|name| hub.channel(&name));
        channel.is_some_and(|channel| channel.contains(socket_id))
    };
    let seats = state.iter().flat_map(|state| &state.channels).filter(|seat| !seat.is_subscribed);
    let users: HashMap<SocketId, Arc<str>> =
        if state.is_some() { HashMap::new() } else { hub.signed_in().into_iter().collect() };
    let signed_in = || users.get(&socket_id).map(ToString::to_string);
    let blockage = session.blockage(now);
    Subject {
        socket_id,
        state: SubjectState::Open(OpenSubject {
            connected_at: ago(session.age(now)),
            subscribed: channels.iter().filter(is_subscribed).map(|name| (*name).to_owned()).collect(),
            waiting: seats.map(|seat| seat.channel.to_string()).collect(),
            user_id: state.and_then(|state| state.user_id.clone()).or_else(signed_in),
            queued_frames: session.outbox().backlog().frames,
            blocked_since: (blockage > 0).then(|| ago(blockage)),
        }),
    }
}

/// The app of a connection that has ended, if it is recorded.
fn recorded_app(node: &Node, socket_id: SocketId) -> Option<String> {
    let filter = Filter { socket_id: Some(socket_id), kinds: vec![ActivityKind::Connected], ..Filter::default() };
    let recorded = node.live.recorded(&filter, u64::MAX, 1);
    recorded.first()?.app_id().map(str::to_owned)
}
