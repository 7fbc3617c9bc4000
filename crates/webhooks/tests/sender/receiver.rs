//! A receiver that reads whole requests and answers with the bytes of the test.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use clairon_protocol::{AppKey, Secret};
use clairon_webhooks::{
    Answer, Delivery, Fence, Outcome, SendFailure, Sender, WebhookEvent, WebhookSettings, write_body,
};
use futures_util::FutureExt;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// A listener on a free port of loopback.
pub(crate) struct Receiver {
    listener: TcpListener,
    pub(crate) address: SocketAddr,
}

/// A connection of the sender, on the side of the receiver.
pub(crate) struct Peer<S = TcpStream>(pub(crate) S);

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        Self { listener, address }
    }

    /// A delivery to a path of this receiver.
    pub(crate) fn delivery(&self, path: &str) -> Delivery {
        delivery(&format!("http://{}{path}", self.address))
    }

    pub(crate) async fn accept(&self) -> Peer {
        Peer(self.listener.accept().await.unwrap().0)
    }

    /// Accepts a connection, reads a request and answers it. Returns the connection and the request.
    pub(crate) async fn serve(&self, answer: &str) -> (Peer, String) {
        let mut peer = self.accept().await;
        let request = peer.request().await;
        peer.answer(answer).await;
        (peer, request)
    }

    /// True if a connection waits to be accepted. On loopback it does as soon as `connect` returns.
    pub(crate) fn has_another(&self) -> bool {
        self.listener.accept().now_or_never().is_some()
    }
}

/// A sender with the default settings and no proxy.
pub(crate) fn sender() -> Sender {
    sender_with(|_| ())
}

/// A sender with a short time limit.
pub(crate) fn impatient_sender() -> Sender {
    sender_with(|settings| settings.timeout = Duration::from_millis(200))
}

pub(crate) fn sender_with(change: impl FnOnce(&mut WebhookSettings)) -> Sender {
    let mut settings = WebhookSettings::default();
    change(&mut settings);
    Sender::with_environment(&settings, |_| None)
}

/// Waits for both sides. An unexpected answer leaves one of them waiting, so the wait has a limit.
pub(crate) async fn together<A, B>(one: impl Future<Output = A>, other: impl Future<Output = B>) -> (A, B) {
    let both = async { tokio::join!(one, other) };
    tokio::time::timeout(Duration::from_mins(1), both).await.unwrap_or_else(|_| panic!("one side waits in vain"))
}

pub(crate) fn delivered(outcome: Outcome) -> Answer {
    match outcome {
        Outcome::Delivered(answer) => answer,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn refused(outcome: Outcome) -> Answer {
    match outcome {
        Outcome::Refused(answer) => answer,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn failed(outcome: Outcome) -> SendFailure {
    match outcome {
        Outcome::Failed { failure, .. } => failure,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn delivery(url: &str) -> Delivery {
    Delivery {
        url: url.parse().unwrap(),
        headers: Vec::new(),
        key: AppKey::parse("the-key").unwrap(),
        secret: Secret::parse("the-secret").unwrap(),
        body: body(),
        id: "delivery-1".to_owned(),
        replay_of: None,
        fence: Fence::default(),
    }
}

pub(crate) fn body() -> Bytes {
    let event = WebhookEvent::ChannelOccupied { channel: "room" }.to_json();
    write_body(1_327_078_148_132, 1_327_078_148_132, [event.as_str()])
}

impl<S: AsyncRead + AsyncWrite + Unpin> Peer<S> {
    /// Reads one request with a `Content-Length`, head and body.
    pub(crate) async fn request(&mut self) -> String {
        let mut text = Vec::new();
        loop {
            let read = String::from_utf8_lossy(&text);
            if let Some((head, body)) = read.split_once("\r\n\r\n") {
                let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")?.parse::<usize>().ok());
                if body.len() >= length.unwrap_or_default() {
                    return read.into_owned();
                }
            }
            assert!(self.0.read_buf(&mut text).await.unwrap() > 0, "the sender closed the connection");
        }
    }

    pub(crate) async fn answer(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.unwrap();
        self.0.flush().await.unwrap();
    }

    /// Repeats `bytes` until the sender closes the connection.
    pub(crate) async fn repeat(&mut self, bytes: &[u8]) {
        while self.0.write_all(bytes).await.is_ok() {}
    }

    /// Waits until the sender closes the connection.
    pub(crate) async fn closed(&mut self) {
        let mut rest = Vec::new();
        // A reset also ends the connection.
        let _ = self.0.read_to_end(&mut rest).await;
    }
}
