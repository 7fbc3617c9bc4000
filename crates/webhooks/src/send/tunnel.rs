//! A tunnel through a proxy of HTTP.

use std::io;

use clairon_protocol::quote;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::{failure::SendFailure, origin::Origin, proxies::Proxy};

/// The longest head of a proxy's answer, in bytes.
const HEAD: usize = 8 << 10;

/// Asks the proxy at the other end of `stream` for a connection to `receiver` (RFC 9110, 9.3.6). Afterwards `stream` is
/// that connection.
pub(super) async fn open<S>(stream: &mut S, proxy: &Proxy, receiver: &Origin) -> Result<(), SendFailure>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
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
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut answer = httparse::Response::new(&mut headers);
        match answer.parse(&head) {
            Ok(httparse::Status::Complete(length)) => {
                return match answer.code {
                    // The receiver says nothing before TLS begins.
                    Some(200..=299) if length == head.len() => Ok(()),
                    Some(200..=299) => Err(failed("it sent more than the head of its answer".to_owned())),
                    Some(407) => Err(failed("it asks for other credentials (407)".to_owned())),
                    code => Err(failed(format!("it answers {}", code.unwrap_or_default()))),
                };
            }
            Ok(httparse::Status::Partial) if head.len() < HEAD => {}
            _ => return Err(failed("its answer is not one of HTTP/1.1".to_owned())),
        }
        if stream.read_buf(&mut head).await.map_err(broken)? == 0 {
            return Err(failed("it closed the connection".to_owned()));
        }
    }
}
