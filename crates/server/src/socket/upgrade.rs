//! From an HTTP request to a WebSocket.

use std::{collections::VecDeque, sync::Arc};

use axum::{
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use clairon_websocket::{Deflate, HandshakeError, Socket, handshake};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tracing::debug;

use super::{
    admission::{AdmissionRefusal, admit, admit_everywhere},
    connection::Connection,
    session::{self, AdmittedClient},
};
use crate::{
    api::ApiError, edge::PeerAddress, live_feed::ClientDetails, node::Node, plain_connections::PlainConnection,
    prefixed_stream::PrefixedStream,
};

/// True if a client requests a WebSocket, correctly or not.
pub(crate) fn is_upgrade(headers: &HeaderMap) -> bool {
    headers.get(header::UPGRADE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// A client with a valid handshake: the answer, and whether it is admitted. A refused client is upgraded too, because
/// it understands only close codes.
pub(crate) struct Upgrade {
    accept_key: String,
    /// The first sub-protocol of the client's list, whatever its name, like on hosted Pusher: strict clients end a
    /// connection without a selected one, and libraries use names of their own (`arduino`).
    sub_protocol: Option<String>,
    /// How events are compressed; `None` for a client that has not offered it, and for one that is refused.
    deflate: Option<Deflate>,
    admitted: Result<Connection, AdmissionRefusal>,
    /// What watchers see of the client; `None` if there are none.
    details: Option<Box<ClientDetails>>,
}

impl Upgrade {
    /// Checks the handshake, then whether the client may connect.
    ///
    /// # Errors
    /// When the request is not a WebSocket handshake.
    pub(crate) fn begin<B>(
        node: &Arc<Node>,
        request: &http::Request<B>,
        peer: PeerAddress,
    ) -> Result<Self, HandshakeError> {
        let headers = request.headers();
        let key = handshake::check(request.method(), request.version(), headers)?;
        let sub_protocol = handshake::first_protocol(headers);
        let deflate = node.settings.compression.and_then(|_| Deflate::negotiate(headers));
        let admitted = admit(node, request.uri(), headers, peer, deflate);
        if let Err(refusal) = &admitted {
            refusal.note(node, peer);
        }
        let details = admitted.as_ref().ok().filter(|_| node.is_watched()).map(|connection| {
            let library = node.libraries.text(connection.library);
            Box::new(ClientDetails::new(library.as_deref(), headers))
        });
        Ok(Self {
            accept_key: handshake::accept_key(key),
            sub_protocol: sub_protocol.map(str::to_owned),
            deflate: deflate.filter(|_| admitted.is_ok()),
            admitted,
            details,
        })
    }

    /// The answer, as bytes.
    pub(crate) fn head(&self) -> Bytes {
        let extensions = self.deflate.map(Deflate::answer);
        handshake::switching_protocols(&self.accept_key, self.sub_protocol.as_deref(), extensions.as_deref())
    }

    /// The client, ready to be served; `None` if it is refused, after the reason was sent. `head` is the answer if it
    /// is not written yet, so that one write contains it and what follows.
    ///
    /// An admitted client leaves the list of plain connections at once, so it counts as a WebSocket. A refused one
    /// stays there and may be closed to make room.
    pub(crate) async fn finish(
        self,
        plain: Arc<PlainConnection>,
        socket: Socket,
        head: Option<Bytes>,
    ) -> Option<AdmittedClient> {
        let patience = session::goodbye_patience(plain.node());
        let socket = if self.deflate.is_some() { socket.with_deflate() } else { socket };
        let pending = VecDeque::from_iter(head);
        let refusal = match self.admitted {
            Ok(mut connection) => {
                drop(plain);
                match admit_everywhere(&mut connection).await {
                    Ok(()) => return Some(AdmittedClient { socket, connection, pending, details: self.details }),
                    Err(refusal) => {
                        refusal.note(&connection.node, connection.peer());
                        refusal
                    }
                }
            }
            Err(refusal) => refusal,
        };
        session::close_with(socket, pending, refusal.disconnect, patience).await;
        None
    }

    fn response(&self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        let extensions = self.deflate.map(Deflate::answer);
        for (name, text) in [
            (header::SEC_WEBSOCKET_ACCEPT, Some(self.accept_key.as_str())),
            (header::SEC_WEBSOCKET_PROTOCOL, self.sub_protocol.as_deref()),
            (header::SEC_WEBSOCKET_EXTENSIONS, extensions.as_deref()),
        ] {
            if let Some(value) = text.and_then(|text| HeaderValue::from_str(text).ok()) {
                headers.insert(name, value);
            }
        }
        response
    }
}

/// Upgrades a request that reached the HTTP server: one that was not the first of its connection, as behind a proxy
/// that keeps connections, or one that did not arrive in one piece. The client is served in its own task.
pub(crate) async fn upgrade(State(node): State<Arc<Node>>, mut request: Request) -> Response {
    let on_upgrade = request.extensions_mut().remove::<OnUpgrade>();
    let peer = request.extensions().get().copied().unwrap_or_default();
    let upgrade = match Upgrade::begin(&node, &request, peer) {
        Ok(upgrade) => upgrade,
        Err(error) => return not_a_websocket(&error),
    };
    let Some(on_upgrade) = on_upgrade else { return not_a_websocket(&HandshakeError::Upgrade) };
    let response = upgrade.response();
    node.spawn_plain(peer, |plain| async move {
        if let Some(client) = Box::pin(resume(plain, upgrade, on_upgrade)).await {
            session::run(client).await;
        }
    });
    response
}

/// Continues an upgrade after the HTTP server has written its answer.
async fn resume(plain: Arc<PlainConnection>, upgrade: Upgrade, on_upgrade: OnUpgrade) -> Option<AdmittedClient> {
    match take_over(on_upgrade).await {
        Ok(socket) => upgrade.finish(plain, socket, None).await,
        Err(error) => {
            debug!(%error, "lost during the upgrade");
            None
        }
    }
}

/// Takes the TCP stream back from the HTTP server, with the bytes that the client has sent already.
async fn take_over(on_upgrade: OnUpgrade) -> Result<Socket, Box<dyn std::error::Error + Send + Sync>> {
    let upgraded = on_upgrade.await?;
    let parts = upgraded.downcast::<TokioIo<PrefixedStream>>().map_err(|_| "the connection is another stream")?;
    let (stream, unread) = parts.io.into_inner().into_parts();
    let unread = if unread.is_empty() { parts.read_buf } else { [parts.read_buf, unread].concat().into() };
    Ok(Socket::new(stream, unread))
}

/// Answers a request that is not a WebSocket, from a browser's address bar or a proxy that drops headers.
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
