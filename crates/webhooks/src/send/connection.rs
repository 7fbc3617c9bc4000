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
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, timeout},
};
use tokio_util::task::AbortOnDropHandle;

use super::socket::Socket;

/// The longest head of an answer, in bytes; also the most of its body that is in memory at once.
const BUFFER: usize = 32 << 10;

/// The longest use of a connection. A name that has moved is noticed after this time.
const LIFETIME: Duration = Duration::from_mins(1);

/// The time for an exchange whose answer was read to be over: a turn of the connection's task.
const PATIENCE: Duration = Duration::from_millis(100);

/// A connection over which requests go one after the other. Dropped, it is closed at once.
pub(super) struct Connection {
    requests: http1::SendRequest<Full<Bytes>>,
    socket: Socket,
    end: Instant,
    _driver: AbortOnDropHandle<()>,
}

impl Connection {
    /// `stream` is what is spoken over `socket`: plain, in TLS, in a tunnel.
    pub(super) async fn new<S>(stream: S, socket: Socket) -> hyper::Result<Self>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let (requests, connection) = http1::Builder::new()
            // Pusher's library for PHP looks for `X-Pusher-Key` in what `getallheaders()` returns: names as they came.
            .title_case_headers(true)
            .max_buf_size(BUFFER)
            .handshake(TokioIo::new(stream))
            .await?;
        // What becomes of the connection is seen at `requests`.
        let driver = tokio::spawn(async move { drop(connection.await) });
        Ok(Self { requests, socket, end: Instant::now() + LIFETIME, _driver: AbortOnDropHandle::new(driver) })
    }

    /// True if the exchange before is over, and nothing has come since: no end, and no more than the answer. A receiver
    /// that answered before it read the whole request, and does not go on reading, keeps an exchange from its end.
    pub(super) async fn is_ready(&mut self) -> bool {
        let is_over = timeout(PATIENCE, self.requests.ready()).await;
        matches!(is_over, Ok(Ok(()))) && self.socket.is_quiet()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.requests.is_closed()
    }

    /// The instant from which on no request is sent over it.
    pub(super) fn end(&self) -> Instant {
        self.end
    }

    /// Sends a request and waits for the head of the answer. Where nothing of it was sent, the error has the request.
    pub(super) async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, TrySendError<Request<Full<Bytes>>>> {
        self.requests.try_send_request(request).await
    }
}
