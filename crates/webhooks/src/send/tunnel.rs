//! A tunnel through an HTTP proxy.

use std::io;

use clairon_protocol::quote;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{failure::SendFailure, origin::Origin, proxies::Proxy, stream::BoxedStream};

/// The longest head of a proxy's answer, in bytes.
const HEAD: usize = 8 << 10;

/// Asks the proxy at the other end of `stream` for a tunnel to `receiver` (RFC 9110, 9.3.6). `stream` is then connected
/// to the receiver.
pub(super) async fn open(stream: &mut BoxedStream, proxy: &Proxy, receiver: &Origin) -> Result<(), SendFailure> {
    let failed = |problem: String| SendFailure::Tunnel { proxy: proxy.origin.to_string(), problem };
    let broken = |error: io::Error| failed(quote(&error.to_string()));
    let mut request = format!("CONNECT {receiver} HTTP/1.1\r\nHost: {receiver}\r\n").into_bytes();
    if let Some(credentials) = &proxy.authorization {
        request.extend([b"Proxy-Authorization: ", credentials.as_bytes(), b"\r\n"].concat());
    }
    request.extend(b"\r\n");
    stream.write_all(&request).await.map_err(broken)?;

    let mut head = Vec::new();
    loop {
        match status(&head) {
            // The receiver sends nothing before the TLS handshake.
            Ok(Some((200..=299, length))) if length == head.len() => return Ok(()),
            Ok(Some((200..=299, _))) => return Err(failed("it sent more than the head of its answer".to_owned())),
            Ok(Some((407, _))) => return Err(failed("it asks for other credentials (407)".to_owned())),
            Ok(Some((status, _))) => return Err(failed(format!("it answers {status}"))),
            Ok(None) if head.len() < HEAD => {}
            _ => return Err(failed("its answer is not one of HTTP/1.1".to_owned())),
        }
        if stream.read_buf(&mut head).await.map_err(broken)? == 0 {
            return Err(failed("it closed the connection".to_owned()));
        }
    }
}

/// The status of an answer and the length of its head; `None` if the head is incomplete.
fn status(head: &[u8]) -> Result<Option<(u16, usize)>, httparse::Error> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut answer = httparse::Response::new(&mut headers);
    Ok(match answer.parse(head)? {
        httparse::Status::Complete(length) => Some((answer.code.unwrap_or_default(), length)),
        httparse::Status::Partial => None,
    })
}
