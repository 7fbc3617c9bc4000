//! Recognizes protocols other than HTTP/1.1 by their first bytes, so that the log names them.

use std::{io, time::Duration};

use clairon_stream::RawStream;
use tokio::time::timeout;
use tracing::info;

use crate::{edge::PeerAddress, node::Node, throttle::Throttle};

/// The first line of a PROXY header, version 1.
const PROXY_1: &[u8] = b"PROXY ";
/// The signature of a PROXY header, version 2.
const PROXY_2: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// The start of the connection preface of HTTP/2 (RFC 9113, 3.4).
const HTTP_2: &[u8] = b"PRI * HTTP/2.0\r\n";
/// The content type of a TLS record with a handshake (RFC 8446, 5.1). No HTTP request begins with it.
const TLS_HANDSHAKE: u8 = 22;
/// A TLS record with the fatal alert `handshake_failure` (RFC 8446, 6).
const TLS_ALERT: [u8; 7] = [21, 3, 3, 0, 2, 2, 40];

/// The answer to an unencrypted request on a TLS listener.
const PLAINTEXT_ANSWER: &str =
    r#"{"error":"This is an HTTPS port, and the request came without TLS: use https:// or wss://","code":400}"#;

/// The time for a refused client to close its connection.
const ALERT_TIMEOUT: Duration = Duration::from_secs(1);

/// A protocol that the server does not speak, but that arrives because of a misconfigured client or proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ForeignProtocol {
    Tls,
    ProxyHeader,
    Http2,
    /// HTTP without TLS on a TLS listener.
    Plaintext,
}

/// The last log lines. Each protocol has its own throttle, so that none hides another.
#[derive(Debug, Default)]
pub(crate) struct ForeignLog([Throttle; 4]);

impl ForeignProtocol {
    /// Recognizes a protocol by the first bytes of a connection.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.first() == Some(&TLS_HANDSHAKE) {
            Some(Self::Tls)
        } else if bytes.starts_with(PROXY_1) || bytes.starts_with(PROXY_2) {
            Some(Self::ProxyHeader)
        } else if bytes.starts_with(HTTP_2) {
            Some(Self::Http2)
        } else {
            None
        }
    }

    /// The log message: the protocol, and what to change.
    const fn advice(self) -> &'static str {
        match self {
            Self::Tls => {
                "TLS came to this port, which speaks plain HTTP: let clients use ws:// and http:// here \
                 (PUSHER_SCHEME=http; in Echo forceTLS: false and wsPort), or send them to a proxy that ends TLS"
            }
            Self::ProxyHeader => {
                "a PROXY header came to this listener, which takes none: add ?proxy_protocol to it in server.listen, \
                 or switch the header off in the proxy (nginx: proxy_protocol off; HAProxy: no send-proxy; a load \
                 balancer of a cloud: proxy protocol off)"
            }
            Self::Plaintext => {
                "plain HTTP came to this listener, which speaks TLS: let clients use wss:// and https:// here \
                 (PUSHER_SCHEME=https; in Echo forceTLS: true and wssPort), or add a listener without tls:// to \
                 server.listen"
            }
            Self::Http2 => {
                "HTTP/2 came to this port, which speaks HTTP/1.1: let the proxy use that (nginx: proxy_http_version \
                 1.1; Caddy: no h2c://; a load balancer of a cloud: protocol version HTTP1)"
            }
        }
    }
}

impl Node {
    /// Logs the protocol of a connection, at most once a minute for each protocol.
    pub(crate) fn note_foreign(&self, foreign: ForeignProtocol, peer: PeerAddress, port: Option<u16>) {
        if self.foreign_log.0[foreign as usize].allows(self.clock.now()) {
            info!(%peer, port, "{}", foreign.advice());
        }
    }
}

/// Refuses a connection that does not start with a TLS handshake.
pub(crate) async fn refuse_plaintext(raw: RawStream) {
    let length = PLAINTEXT_ANSWER.len();
    let head = "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nConnection: close";
    say_goodbye(raw, format!("{head}\r\nContent-Length: {length}\r\n\r\n{PLAINTEXT_ANSWER}").as_bytes()).await;
}

/// Refuses a TLS connection with an alert, so that the client fails at once with a reason.
pub(crate) async fn refuse_tls(raw: RawStream) {
    say_goodbye(raw, &TLS_ALERT).await;
}

/// Writes the last bytes of a connection, and waits until the client closes it.
async fn say_goodbye(raw: RawStream, bytes: &[u8]) {
    let goodbye = async {
        // Nothing was written before, so the kernel accepts all of it.
        raw.try_write(bytes)?;
        raw.shut_down_writing()?;
        // Unread bytes would make the kernel reset the connection, and the client might not get the alert.
        while raw.read(&mut [0; 1_024]).await? > 0 {}
        Ok::<_, io::Error>(())
    };
    // The connection is closed in any case.
    let _ = timeout(ALERT_TIMEOUT, goodbye).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocols_are_recognized() {
        use ForeignProtocol::{Http2, ProxyHeader, Tls};
        for (bytes, protocol) in [
            (&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..], Some(Tls)),
            (b"\x16", Some(Tls)),
            (b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET / HTTP/1.1\r\n", Some(ProxyHeader)),
            (b"PROXY UNKNOWN\r\n", Some(ProxyHeader)),
            (b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c", Some(ProxyHeader)),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Some(Http2)),
            (b"", None),
            (b"GET / HTTP/1.1\r\n\r\n", None),
            (b"PROPFIND / HTTP/1.1\r\n\r\n", None),
            (b"\r\nGET / HTTP/1.1\r\n\r\n", None),
        ] {
            assert_eq!(ForeignProtocol::of(bytes), protocol, "{bytes:?}");
        }
    }
}
