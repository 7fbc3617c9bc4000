//! From an HTTP request to a WebSocket.

use std::{collections::VecDeque, sync::Arc};

use axum::{
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use clairon_protocol::{Disconnect, auth::Query};
use clairon_websocket::{HandshakeError, Socket, handshake};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use percent_encoding::percent_decode_str;
use tokio::net::TcpStream;
use tracing::{debug, warn};

use super::{
    admission::{Refusal, Visitor, admit},
    connection::Connection,
    session,
};
use crate::{
    api::ApiError,
    explain::{hide_secrets, unknown_path},
    node::Node,
};

/// The sub-protocol that the Swift client offers, and any later version of it; strict clients want it selected.
const SUB_PROTOCOL: &str = "pusher-channels-protocol-";

/// `GET /app/{key}`: a client connects. A refused one is upgraded too, since a close code is all that it understands.
pub(crate) async fn upgrade(State(node): State<Arc<Node>>, request: Request) -> Response {
    let key = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
    let key = percent_decode_str(&key).decode_utf8_lossy();
    switch(&node, request, |headers, query| {
        let visitor = Visitor { key: &key, query: Query::parse(query), headers };
        admit(&node, &visitor)
    })
}

/// A WebSocket to any other path.
pub(crate) fn path_not_found(node: &Arc<Node>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    switch(node, request, |_, _| Err(Refusal { disconnect: Disconnect::PathNotFound, reason: unknown_path(&path) }))
}

/// True where a client wants a WebSocket, whether it does so properly or not.
pub(crate) fn is_upgrade(headers: &HeaderMap) -> bool {
    headers.get(header::UPGRADE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Answers 101 and serves the client, or tells it why not, in a task of its own.
fn switch(
    node: &Arc<Node>,
    mut request: Request,
    admit: impl FnOnce(&HeaderMap, &str) -> Result<Connection, Refusal>,
) -> Response {
    let on_upgrade = request.extensions_mut().remove::<OnUpgrade>();
    let headers = request.headers();
    let accept_key = match handshake::check(request.method(), request.version(), headers).map(handshake::accept_key) {
        Ok(accept_key) => accept_key,
        Err(error) => return not_a_websocket(&error),
    };
    let Some(on_upgrade) = on_upgrade else { return not_a_websocket(&HandshakeError::Upgrade) };
    let sub_protocol = handshake::choose_protocol(headers, |offered| offered.starts_with(SUB_PROTOCOL));
    let response = switching(&accept_key, sub_protocol);
    let admitted = admit(headers, request.uri().query().unwrap_or_default());
    if let Err(refusal) = &admitted {
        log_refusal(node, refusal);
    }
    node.tasks.spawn(async move {
        let socket = match take_over(on_upgrade).await {
            Ok(socket) => socket,
            Err(error) => return debug!(%error, "lost during the upgrade"),
        };
        match admitted {
            Ok(connection) => session::run(socket, connection).await,
            Err(refusal) => session::close_with(socket, VecDeque::new(), refusal.disconnect).await,
        }
    });
    response
}

/// Logs why a client is not let in; where there is no room for anyone, once a minute.
fn log_refusal(node: &Node, refusal: &Refusal) {
    let Refusal { disconnect, reason } = refusal;
    if *disconnect != Disconnect::OverCapacity || node.over_capacity_log.allows(node.clock.now()) {
        warn!(code = disconnect.code(), reason = %hide_secrets(&node.apps, reason), "connection refused");
    }
}

/// Gets the plain TCP stream back from the HTTP server, with what a hasty client has sent already.
async fn take_over(on_upgrade: OnUpgrade) -> Result<Socket, Box<dyn std::error::Error + Send + Sync>> {
    let upgraded = on_upgrade.await?;
    let parts = upgraded.downcast::<TokioIo<TcpStream>>().map_err(|_| "the connection is not a TCP stream")?;
    Ok(Socket::new(parts.io.into_inner(), parts.read_buf)?)
}

fn switching(accept_key: &str, sub_protocol: Option<&str>) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    let texts = [(header::SEC_WEBSOCKET_ACCEPT, Some(accept_key)), (header::SEC_WEBSOCKET_PROTOCOL, sub_protocol)];
    for (name, text) in texts {
        if let Some(value) = text.and_then(|text| HeaderValue::from_str(text).ok()) {
            headers.insert(name, value);
        }
    }
    response
}

/// Answers a request that should have been a WebSocket: a browser's address bar, a proxy that drops headers.
fn not_a_websocket(error: &HandshakeError) -> Response {
    let mut response = ApiError::new(error.status(), error.to_string()).into_response();
    let headers = response.headers_mut();
    match error.status() {
        StatusCode::METHOD_NOT_ALLOWED => {
            headers.insert(header::ALLOW, HeaderValue::from_static("GET"));
        }
        StatusCode::UPGRADE_REQUIRED => {
            headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
            headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
            headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        }
        _ => {}
    }
    response
}
