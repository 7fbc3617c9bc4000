//! Queries to the HTTP API.

use std::{
    io::{self, Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use serde_json::Value;

use super::http::Head;
use crate::{BenchError, error::quote, target::Target};

/// The time limit of an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The longest part of an answer that is read, in bytes.
const MAX_ANSWER: u64 = 1 << 20;

/// Queries the app's `endpoint` over a new connection and waits for the answer. `parameters` start with `&` or are
/// empty.
pub(crate) fn query(target: &Target, endpoint: &str, parameters: &str) -> Result<Value, BenchError> {
    let path = target.credentials.sign_get(endpoint, parameters);
    // With HTTP/1.0 the answer is not chunked and ends with the connection.
    let request = format!("GET {}{path} HTTP/1.0\r\nHost: {}\r\n\r\n", target.prefix, target.authority);
    let answer = exchange(target, &request).map_err(BenchError::io("asking the HTTP API"))?;
    let head = Head::parse(&answer)?.ok_or(BenchError::Protocol("an HTTP answer without a head"))?;
    let body = &answer[head.size..];
    if head.status() != 200 {
        return Err(BenchError::Answer(head.status(), quote(body)));
    }
    serde_json::from_slice(body).map_err(|_| BenchError::Protocol("an answer of the HTTP API that is not JSON"))
}

fn exchange(target: &Target, request: &str) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect_timeout(&target.address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.take(MAX_ANSWER).read_to_end(&mut answer)?;
    Ok(answer)
}
