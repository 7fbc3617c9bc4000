//! The messages of the bare server, and a minimal reader of the clients' messages.

use memchr::memmem;

use crate::net::frame::{self, from_server};

/// The answer to a trigger, as short as a real one.
pub(super) const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";

/// The answer to a client that asked for the connection to close.
pub(super) const OK_CLOSE: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";

const UPGRADE: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
    sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

const GREETING: &[u8] = br#"{"event":"pusher:connection_established","data":"{\"socket_id\":\"123456789.123456789\",\"activity_timeout\":30}"}"#;

/// The answer to a handshake and the first message, for one write.
pub(super) fn greeting() -> Vec<u8> {
    [UPGRADE, &from_server(frame::TEXT, GREETING)].concat()
}

pub(super) fn subscribed(channel: &str) -> Vec<u8> {
    let text = format!(r#"{{"event":"pusher_internal:subscription_succeeded","channel":"{channel}","data":"{{}}"}}"#);
    from_server(frame::TEXT, text.as_bytes())
}

pub(super) fn goodbye() -> Vec<u8> {
    from_server(frame::CLOSE, &1000_u16.to_be_bytes())
}

pub(super) fn event(channel: &str, data: &str) -> Vec<u8> {
    let text = format!(r#"{{"event":"bench","channel":"{channel}","data":"{data}"}}"#);
    from_server(frame::TEXT, text.as_bytes())
}

/// The request in a client's message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ClientRequest<'a> {
    Subscribe { channel: &'a str },
    Whisper { channel: &'a str },
    Other,
}

/// Reads the request from the start of a message, and the name of its channel.
pub(super) fn client_request(payload: &[u8]) -> ClientRequest<'_> {
    let channel = |rest| field(rest, br#""channel":""#).map(|(channel, _)| channel);
    if let Some(channel) = payload.strip_prefix(br#"{"event":"pusher:subscribe""#).and_then(channel) {
        ClientRequest::Subscribe { channel }
    } else if let Some(channel) = payload.strip_prefix(br#"{"event":"client-"#).and_then(channel) {
        ClientRequest::Whisper { channel }
    } else {
        ClientRequest::Other
    }
}

/// The events of a trigger's body, as `(channel, data)`.
pub(super) fn events(mut body: &[u8]) -> impl Iterator<Item = (&str, &str)> {
    std::iter::from_fn(move || {
        let (channel, rest) = field(body, br#""channel":""#)?;
        let (data, rest) = field(rest, br#""data":""#)?;
        body = rest;
        Some((channel, data))
    })
}

/// The text between `name` and the next quote that is not escaped, and the rest. This tool's texts escape quotes alone.
fn field<'a>(input: &'a [u8], name: &[u8]) -> Option<(&'a str, &'a [u8])> {
    let start = memmem::find(input, name)? + name.len();
    let quotes = memchr::memchr_iter(b'"', &input[start..]);
    let size = quotes.into_iter().find(|at| input[start + at - 1] != b'\\')?;
    Some((str::from_utf8(&input[start..start + size]).ok()?, &input[start + size..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{credentials::Credentials, net::Subscription};

    #[test]
    fn what_the_tool_sends_is_understood() {
        let subscribe = Credentials::for_floor().subscribe(Subscription::Private(3), "1.2", false);
        assert_eq!(client_request(subscribe.as_bytes()), ClientRequest::Subscribe { channel: "private-bench-3" });
        let whisper = br#"{"event":"client-bench","channel":"private-bench-3","data":"@w1"}"#;
        assert_eq!(client_request(whisper), ClientRequest::Whisper { channel: "private-bench-3" });
        assert_eq!(client_request(br#"{"event":"pusher:pong","data":{}}"#), ClientRequest::Other);
    }

    #[test]
    fn events_of_a_body() {
        let batch =
            br#"{"batch":[{"name":"bench","channel":"a","data":"x"},{"name":"bench","channel":"b","data":"y"}]}"#;
        assert_eq!(events(batch).collect::<Vec<_>>(), [("a", "x"), ("b", "y")]);
        let quoted = br#"{"name":"bench","channel":"a","data":"{\"id\":1}"}"#;
        assert_eq!(events(quoted).collect::<Vec<_>>(), [("a", r#"{\"id\":1}"#)]);
        assert_eq!(events(b"{}").count(), 0);
    }
}
