//! A receiver that reads whole requests and answers with the bytes that a test gives it.

use std::net::SocketAddr;

use bytes::Bytes;
use clairon_protocol::{AppKey, Secret};
use clairon_webhooks::{Delivery, WebhookEvent, write_body};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// A listener on a free port of loopback.
pub(crate) struct Receiver {
    listener: TcpListener,
    pub(crate) address: SocketAddr,
}

/// One connection of the sender, seen from the receiver.
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
    }
}

pub(crate) fn body() -> Bytes {
    let event = WebhookEvent::ChannelOccupied { channel: "room" }.to_json();
    write_body(1_327_078_148_132, [event.as_str()])
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
}
