//! The start of a connection, up to the first bytes of its first request.

use std::{future::poll_fn, io, time::Duration};

use bytes::{Buf, Bytes, BytesMut};
use clairon_certificates::ACME_TLS;
use clairon_stream::{InvalidProxyHeader, ProxyHeader, RawStream, Stream};
use http::StatusCode;
use tokio::time::timeout;
use tracing::{debug, info};

use super::{OpeningProtocol, broken_handshakes::TlsAttempt};
use crate::{
    accept::HEAD_TIMEOUT,
    foreign_protocol::{ForeignProtocol, refuse_plaintext, refuse_tls},
    plain_connections::PlainConnection,
    refusals::Refused,
};

/// The size of the first read, in bytes. A WebSocket handshake has about five hundred.
const FIRST_READ: usize = 2 * 1024;
/// The time limit of the TLS handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// The time limit of the PROXY header.
const PROXY_HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// Prepares a connection, and returns the first bytes of its first request. `None` if the connection ends before that:
/// the client sends nothing in time, the server stops, or the connection violates the protocols of its listener.
pub(crate) async fn open(
    plain: &PlainConnection,
    raw: RawStream,
    protocol: OpeningProtocol,
) -> Option<(Stream, Bytes)> {
    let opened = tokio::select! {
        opened = read(plain, raw, protocol) => opened,
        () = plain.node().stopping.cancelled() => return None,
    };
    opened.unwrap_or_else(|error| {
        debug!(peer = %plain.peer(), %error, "a connection was lost before its first request");
        None
    })
}

async fn read(
    plain: &PlainConnection,
    raw: RawStream,
    protocol: OpeningProtocol,
) -> io::Result<Option<(Stream, Bytes)>> {
    let mut received = BytesMut::new();
    if protocol.proxy_header && !read_proxy_header(plain, &raw, &mut received).await? {
        return Ok(None);
    }
    let received = if received.is_empty() { read_first(&raw).await? } else { received.freeze() };
    if received.is_empty() {
        return Ok(None);
    }
    if protocol.tls {
        return start_tls(plain, raw, &received).await;
    }
    if let Some(foreign) = ForeignProtocol::of(&received) {
        plain.node().note_foreign(foreign, plain.peer(), raw.local_port());
        if foreign == ForeignProtocol::Tls {
            refuse_tls(raw).await;
            return Ok(None);
        }
    }
    Ok(Some((Stream::plain(raw), received)))
}

/// Makes the TLS handshake, whose first bytes are `received`, and reads the client's first bytes after it.
async fn start_tls(plain: &PlainConnection, raw: RawStream, received: &Bytes) -> io::Result<Option<(Stream, Bytes)>> {
    if ForeignProtocol::of(received) != Some(ForeignProtocol::Tls) {
        plain.node().note_foreign(ForeignProtocol::Plaintext, plain.peer(), raw.local_port());
        refuse_plaintext(raw).await;
        return Ok(None);
    }
    // A server without a certificate does not start if it has a TLS listener.
    let Some(tls) = &plain.node().tls else { return Ok(None) };
    let Some(attempt) = TlsAttempt::begin(plain) else { return Ok(None) };
    let accepted = timeout(HANDSHAKE_TIMEOUT, Stream::accept_tls(raw, tls.config.clone(), received)).await?;
    let (mut stream, early) = accepted.inspect_err(|error| note_failure(plain, error))?;
    if stream.alpn_protocol() == Some(ACME_TLS) {
        // A connection that only answers a challenge (RFC 8737, 3). The authority has seen the certificate.
        attempt.complete();
        return Ok(None);
    }
    if !early.is_empty() {
        attempt.complete();
        return Ok(Some((stream, early)));
    }
    let read = poll_fn(|cx| stream.poll_receive(cx, usize::MAX, Bytes::copy_from_slice));
    let received = timeout(HEAD_TIMEOUT, read).await??;
    if received.is_empty() {
        return Ok(None);
    }
    attempt.complete();
    Ok(Some((stream, received)))
}

/// Logs the reason of a failed handshake, at most once a minute. One reason is a client that does not trust the
/// certificate.
fn note_failure(plain: &PlainConnection, error: &io::Error) {
    let node = plain.node();
    if node.tls_failure_log.allows(node.clock.now()) {
        info!(peer = %plain.peer(), %error, "a TLS handshake has failed");
    }
}

/// Reads the first bytes; empty at the end of the stream.
async fn read_first(raw: &RawStream) -> io::Result<Bytes> {
    let mut received = BytesMut::zeroed(FIRST_READ);
    let length = timeout(HEAD_TIMEOUT, raw.read(&mut received)).await??;
    received.truncate(length);
    Ok(received.freeze())
}

/// Reads a PROXY header, and leaves the bytes after it in `received`. False if the header is missing, malformed, or not
/// allowed from this peer.
async fn read_proxy_header(plain: &PlainConnection, raw: &RawStream, received: &mut BytesMut) -> io::Result<bool> {
    let trusted = &plain.node().settings.trusted_proxies;
    if !trusted.is_empty() && !trusted.contain(plain.peer()) {
        refuse(
            plain,
            "its address is not among server.trusted_proxies, and this listener takes PROXY headers from those only",
        );
        return Ok(false);
    }
    let header = match timeout(PROXY_HEADER_TIMEOUT, proxy_header(raw, received)).await?? {
        Ok(Some(header)) => header,
        Ok(None) => return Ok(false),
        Err(error) => {
            refuse(plain, &error.to_string());
            return Ok(false);
        }
    };
    received.advance(header.length);
    if let Some(client) = header.client {
        plain.set_peer(client.into());
    }
    Ok(true)
}

/// Parses the header at the start of `received` without removing it. `None` at the end of the stream.
async fn proxy_header(
    raw: &RawStream,
    received: &mut BytesMut,
) -> io::Result<Result<Option<ProxyHeader>, InvalidProxyHeader>> {
    loop {
        match ProxyHeader::parse(received) {
            Ok(None) if fill(raw, received).await? => {}
            parsed => return Ok(parsed),
        }
    }
}

/// Reads more bytes. False at the end of the stream.
async fn fill(raw: &RawStream, received: &mut BytesMut) -> io::Result<bool> {
    let start = received.len();
    received.resize(start + FIRST_READ, 0);
    let length = raw.read(&mut received[start..]).await?;
    received.truncate(start + length);
    Ok(length > 0)
}

fn refuse(plain: &PlainConnection, reason: &str) {
    plain.node().note_refusal(Refused::ProxyHeader, None, |refused| {
        refused.peer(plain.peer()).code(StatusCode::BAD_REQUEST.as_u16()).because(reason)
    });
}
