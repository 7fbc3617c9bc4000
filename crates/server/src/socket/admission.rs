//! Admission of clients.

use std::{borrow::Cow, sync::Arc};

use clairon_hub::{AppHub, Session};
use clairon_protocol::{
    AppId, Disconnect, NEWEST_VERSION, OLDEST_VERSION, SocketId, auth::RequestQuery, check_version,
};
use clairon_registry::App;
use clairon_websocket::Deflate;
use http::{HeaderMap, Uri, header};
use percent_encoding::percent_decode_str;

use super::connection::Connection;
use crate::{
    edge::{Crowded, PeerAddress},
    explain::unknown_path,
    live_feed::{Activity, ActivityKind},
    node::Node,
    refusals::Refused,
};

/// A client that is not admitted: the answer to it, and the reason for the log.
pub(super) struct AdmissionRefusal {
    pub(super) disconnect: Disconnect,
    /// The app that refuses it, if its key is known.
    app: Option<AppId>,
    reason: String,
    /// The limit of the client's address that refuses it.
    crowded: Option<Crowded>,
}

impl AdmissionRefusal {
    const fn new(disconnect: Disconnect, reason: String) -> Self {
        Self { disconnect, app: None, reason, crowded: None }
    }

    /// The app has reached its limit of connections.
    fn over_quota(app: AppId, capacity: u64) -> Self {
        Self::new(Disconnect::OverQuota, format!("the app's capacity of {capacity} connections is used up")).by(app)
    }

    /// Too much comes from the client's address.
    fn crowded(crowded: Crowded) -> Self {
        let disconnect = crowded.disconnect();
        Self { crowded: Some(crowded), ..Self::new(disconnect, disconnect.to_string()) }
    }

    fn by(self, app: AppId) -> Self {
        Self { app: Some(app), ..self }
    }

    /// Logs and counts the refusal.
    pub(super) fn note(&self, node: &Node, peer: PeerAddress) {
        let Self { disconnect, app, reason, crowded } = self;
        let details =
            |refused: Activity| refused.perhaps_app(app.as_ref()).peer(peer).code(disconnect.code()).because(reason);
        match crowded {
            // It has a counter and a line of its own.
            Some(crowded) => {
                node.note_limit(crowded.effect(), peer, app.as_ref());
                node.observe(|| details(Activity::new(ActivityKind::ConnectionRefused)));
            }
            None => node.note_refusal(Refused::connection(*disconnect), app.as_ref(), details),
        }
    }
}

/// Admits a client or refuses it. An admitted one counts as a connection of its address. `deflate` is the compression
/// for its events, if any.
pub(super) fn admit(
    node: &Arc<Node>,
    uri: &Uri,
    headers: &HeaderMap,
    peer: PeerAddress,
    deflate: Option<Deflate>,
) -> Result<Connection, AdmissionRefusal> {
    let refuse = |disconnect, reason| Err(AdmissionRefusal::new(disconnect, reason));
    let Some(key) = key_of(uri.path()) else {
        return refuse(Disconnect::PathNotFound, unknown_path(&node.apps, uri.path()));
    };
    let query = RequestQuery::parse(uri.query().unwrap_or_default());
    if node.draining.is_cancelled() {
        return refuse(Disconnect::Shutdown, "the server is stopping".to_owned());
    }
    let (open_now, limit) = (node.websocket_count(), node.settings.connections.websockets);
    if open_now >= limit {
        let reason = format!("{open_now} WebSockets are open, the limit of open files leaves room for {limit}");
        return refuse(Disconnect::OverCapacity, reason);
    }
    let Some(app) = node.apps.by_key(&key) else {
        return refuse(Disconnect::UnknownApp, node.explain(peer).key(&node.apps, &key));
    };
    let refuse = |disconnect, reason| Err(AdmissionRefusal::new(disconnect, reason).by(app.id.clone()));
    if !app.enabled {
        return refuse(Disconnect::AppDisabled, format!("the app {} is disabled", app.id));
    }
    if let Err(disconnect) = check_version(query.get("protocol").as_deref()) {
        let version = query.get("protocol").unwrap_or_default();
        return refuse(
            disconnect,
            format!(
                "protocol version {:?} is not supported; supported are {OLDEST_VERSION} to {NEWEST_VERSION}",
                node.shown(&version)
            ),
        );
    }
    // A client without an origin is not a browser, and the check only protects users of browsers.
    let origin = headers.get(header::ORIGIN).map(|value| String::from_utf8_lossy(value.as_bytes()));
    if let Some(origin) = origin.filter(|origin| !app.allowed_origins.allow(origin)) {
        let allowed = app.allowed_origins.iter().collect::<Vec<_>>().join(", ");
        return refuse(
            Disconnect::OriginNotAllowed,
            format!("the origin {:?} is not among the app's allowed_origins ({allowed})", node.shown(&origin)),
        );
    }
    if let Some(credential) = app.credentials.find(&key) {
        node.key_uses.note(credential);
    }
    if let Err(crowded) = node.addresses.enter(peer) {
        return Err(AdmissionRefusal::crowded(crowded).by(app.id.clone()));
    }
    open(node, &app, peer, deflate, &query).map_err(|_| {
        node.addresses.leave(peer);
        let capacity = app.limits.capacity.map_or(0, |capacity| capacity.get().into());
        AdmissionRefusal::over_quota(app.id.clone(), capacity)
    })
}

/// Asks all nodes together whether there is room for a client that this node has admitted.
pub(super) async fn admit_everywhere(connection: &mut Connection) -> Result<(), AdmissionRefusal> {
    let node = connection.node.clone();
    let app = node.apps.by_id(connection.app_id());
    let capacity = app.and_then(|app| app.limits.capacity).map(|capacity| capacity.get().into());
    let admitted = node.peers.admit(connection.app_id(), capacity).await;
    connection.is_counted = admitted.is_ok();
    admitted.map_err(|over| AdmissionRefusal::over_quota(connection.app_id().clone(), over.limit))
}

/// The app's key in `/app/{key}`, unescaped.
fn key_of(path: &str) -> Option<Cow<'_, str>> {
    let key = path.strip_prefix("/app/").filter(|key| !key.is_empty() && !key.contains('/'))?;
    Some(percent_decode_str(key).decode_utf8_lossy())
}

fn open(
    node: &Arc<Node>,
    app: &Arc<App>,
    peer: PeerAddress,
    deflate: Option<Deflate>,
    query: &RequestQuery<'_>,
) -> Result<Connection, Disconnect> {
    let hub: Arc<AppHub> = node.hub.app(&app.id);
    let id = SocketId::from_random(rand::random());
    let session = Session::new(id, node.outboxes.clone(), hub.traffic().clone(), node.clock.now());
    let session = session.with_window(deflate.map_or(0, Deflate::window_bits)).with_address(peer.into());
    let session = Arc::new(session);
    hub.connect(&session, app.limits.capacity.map(|capacity| capacity.get() as usize))?;
    if node.stopping.is_cancelled() {
        // The server may have closed all its connections just before this one was added.
        session.close(Disconnect::Shutdown);
    }
    Ok(Connection::new(node.clone(), hub, session, node.libraries.enter(query)))
}
