//! One HTTP connection to a receiver.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::{
    body::Incoming,
    client::conn::{TrySendError, http1},
};
use hyper_util::rt::TokioIo;
use tokio::time::{Instant, timeout};
use tokio_util::task::AbortOnDropHandle;

use super::{socket::Socket, stream::BoxedStream};
use crate::fence::Fence;

/// The longest head of an answer, in bytes; also the largest part of its body in memory.
const BUFFER: usize = 32 << 10;

/// The longest lifetime of a connection. A changed address of a name takes effect after this time.
const LIFETIME: Duration = Duration::from_mins(1);

/// The time limit for an exchange to end after its answer was read. Normally this is one poll of the connection's task.
const PATIENCE: Duration = Duration::from_millis(100);

/// A connection that carries one request at a time. Dropping it closes it.
pub(super) struct Connection {
    requests: http1::SendRequest<Full<Bytes>>,
    socket: Socket,
    end: Instant,
    _driver: AbortOnDropHandle<()>,
}

impl Connection {
    /// `stream` carries HTTP over `socket`: plain, in TLS, or in a tunnel.
    pub(super) async fn new(stream: BoxedStream, socket: Socket) -> hyper::Result<Self> {
        let (requests, connection) = http1::Builder::new()
            // Pusher's PHP library looks for `X-Pusher-Key` in `getallheaders()`, which keeps the case of names.
            .title_case_headers(true)
            .max_buf_size(BUFFER)
            .handshake(TokioIo::new(stream))
            .await?;
        // The end of the connection is visible through `requests`.
        let driver = tokio::spawn(async move { drop(connection.await) });
        Ok(Self { requests, socket, end: Instant::now() + LIFETIME, _driver: AbortOnDropHandle::new(driver) })
    }

    /// True if the previous exchange has ended and nothing was received since. The exchange does not end if a receiver
    /// answers before it has read the whole request and then stops reading.
    pub(super) async fn is_ready(&mut self) -> bool {
        let is_over = timeout(PATIENCE, self.requests.ready()).await;
        matches!(is_over, Ok(Ok(()))) && self.socket.is_quiet()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.requests.is_closed()
    }

    /// The instant after which no request is sent over it.
    pub(super) fn end(&self) -> Instant {
        self.end
    }

    /// Sends a request, as long as the fence is open, and waits for the head of the answer. If no byte was sent, the
    /// error contains the request.
    pub(super) async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
        fence: Fence,
    ) -> Result<Response<Incoming>, TrySendError<Request<Full<Bytes>>>> {
        self.socket.set_fence(fence);
        self.requests.try_send_request(request).await
    }
}
