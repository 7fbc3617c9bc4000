//! A receiver of webhooks. The test chooses its answers.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use clairon_test_servers::DEADLINE;
use parking_lot::{Condvar, Mutex};
use serde_json::Value;
use socket2::SockRef;

use crate::app::App;
use crate::sign;

/// A running receiver. It accepts any number of connections, each in its own thread, until the process ends.
pub struct WebhookReceiver {
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// A received request.
#[derive(Clone, Debug)]
pub struct Received {
    /// The path and the query.
    pub path: String,
    /// The headers in their order, with their names unchanged.
    pub headers: Vec<(String, String)>,
    /// The body, unchanged.
    pub body: String,
    /// The events in it.
    pub events: Vec<Value>,
    /// The number of its connection, counted from 0.
    pub connection: usize,
}

/// The answer of a receiver.
#[derive(Clone, Debug)]
pub enum Reply {
    /// This status without a body. The connection stays open.
    Status(u16),
    /// These bytes. Then the connection is closed.
    Bytes(Vec<u8>),
    /// The first bytes, and then the second ones repeatedly until the sender closes the connection.
    Endless(Vec<u8>, Vec<u8>),
    /// Nothing, until the sender closes the connection.
    Hang,
    /// A reset of the connection.
    Reset,
}

struct Shared {
    answer: Box<dyn Fn(&Received) -> Reply + Send + Sync>,
    requests: Mutex<Vec<Received>>,
    changed: Condvar,
}

impl WebhookReceiver {
    /// A receiver that answers every request with success.
    ///
    /// # Panics
    /// When the system has no free port.
    #[must_use]
    pub fn start() -> Self {
        Self::answering(|_| Reply::Status(200))
    }

    /// A receiver that answers each request with the result of `answer`. `answer` may block, which delays only its
    /// connection.
    ///
    /// # Panics
    /// When the system has no free port.
    #[must_use]
    pub fn answering(answer: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap_or_else(|error| panic!("listening: {error}"));
        let address = listener.local_addr().unwrap_or_else(|error| panic!("the address of a listener: {error}"));
        let shared = Arc::new(Shared { answer: Box::new(answer), requests: Mutex::default(), changed: Condvar::new() });
        let receiver = Self { address, shared: shared.clone() };
        thread::spawn(move || {
            for (connection, stream) in listener.incoming().enumerate() {
                let (Ok(stream), shared) = (stream, shared.clone()) else { return };
                thread::spawn(move || {
                    // A connection that the sender breaks does not affect the next one.
                    let _ = shared.serve(stream, connection);
                });
            }
        });
        receiver
    }

    /// The address of its socket.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL to send to.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/webhook", self.address)
    }

    /// The requests so far, in the order in which they were completely read.
    #[must_use]
    pub fn requests(&self) -> Vec<Received> {
        self.shared.requests.lock().clone()
    }

    /// The number of requests so far.
    #[must_use]
    pub fn count(&self) -> usize {
        self.shared.requests.lock().len()
    }

    /// Waits until there were this many requests.
    ///
    /// # Panics
    /// When that takes longer than [`DEADLINE`]. The panic names `what`.
    pub fn wait_for_count(&self, what: &str, count: usize) {
        let deadline = Instant::now() + DEADLINE;
        let mut requests = self.shared.requests.lock();
        while requests.len() < count {
            let late = self.shared.changed.wait_until(&mut requests, deadline).timed_out();
            assert!(!late, "no {what} within {DEADLINE:?}, after {} requests", requests.len());
        }
    }

    /// The events of all requests so far. The events of a repeated request are repeated.
    #[must_use]
    pub fn events(&self) -> Vec<Value> {
        self.requests().into_iter().flat_map(|request| request.events).collect()
    }

    /// The requests, as soon as `enough` is true for them.
    ///
    /// # Panics
    /// When that takes longer than [`DEADLINE`]. The panic names `what` and shows the requests.
    #[must_use]
    pub fn wait_for(&self, what: &str, enough: impl Fn(&[Received]) -> bool) -> Vec<Received> {
        self.wait_longer_for(what, DEADLINE, enough)
    }

    /// The same with a longer deadline.
    ///
    /// # Panics
    /// When that takes longer than `patience`.
    #[must_use]
    pub fn wait_longer_for(
        &self,
        what: &str,
        patience: Duration,
        enough: impl Fn(&[Received]) -> bool,
    ) -> Vec<Received> {
        let deadline = Instant::now() + patience;
        let mut requests = self.shared.requests.lock();
        while !enough(&requests) {
            let late = self.shared.changed.wait_until(&mut requests, deadline).timed_out();
            assert!(!late, "no {what} within {patience:?}: {requests:#?}");
        }
        requests.clone()
    }
}

impl Received {
    /// The value of a header. Upper and lower case of its name are equal.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The id of its delivery.
    ///
    /// # Panics
    /// When the header is missing.
    #[must_use]
    pub fn delivery(&self) -> &str {
        self.header("X-Clairon-Delivery").unwrap_or_else(|| panic!("no id of a delivery: {self:?}"))
    }

    /// Panics unless the signature is that of the app's newest key, in the form of hosted Pusher.
    ///
    /// # Panics
    /// When a header is missing or wrong.
    pub fn assert_signed_by(&self, app: &App) {
        let signature = sign::hmac(&app.secret, &self.body);
        assert_eq!(self.header("X-Pusher-Key"), Some(app.key.as_str()), "{self:?}");
        assert_eq!(self.header("X-Pusher-Signature"), Some(signature.as_str()), "{self:?}");
        assert_eq!(self.header("Content-Type"), Some("application/json"), "{self:?}");
    }
}

impl Shared {
    fn serve(&self, mut stream: TcpStream, connection: usize) -> io::Result<()> {
        let mut bytes = Vec::new();
        while let Some(request) = read(&mut stream, &mut bytes, connection)? {
            self.requests.lock().push(request.clone());
            self.changed.notify_all();
            match (self.answer)(&request) {
                Reply::Status(status) => {
                    stream.write_all(format!("HTTP/1.1 {status} Own\r\nContent-Length: 0\r\n\r\n").as_bytes())?;
                }
                Reply::Bytes(bytes) => return stream.write_all(&bytes),
                Reply::Endless(first, then) => {
                    stream.write_all(&first)?;
                    loop {
                        stream.write_all(&then)?;
                    }
                }
                Reply::Hang => return stream.read_to_end(&mut Vec::new()).map(drop),
                Reply::Reset => return SockRef::from(&stream).set_linger(Some(Duration::ZERO)),
            }
        }
        Ok(())
    }
}

/// Reads one request from a stream. `bytes` holds what was read before. `None` is the end of the stream.
fn read(stream: &mut TcpStream, bytes: &mut Vec<u8>, connection: usize) -> io::Result<Option<Received>> {
    loop {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        if let Some(request) = end.and_then(|end| Received::parse(bytes, end, connection)) {
            return Ok(Some(request));
        }
        let mut part = [0; 16 << 10];
        match stream.read(&mut part)? {
            0 => return Ok(None),
            length => bytes.extend(&part[..length]),
        }
    }
}

impl Received {
    /// Removes a request, whose head ends at `end`, from `bytes`. `None` while its body is incomplete.
    fn parse(bytes: &mut Vec<u8>, end: usize, connection: usize) -> Option<Self> {
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let (first, lines) = head.split_once("\r\n")?;
        let headers = lines.split("\r\n").filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let path = first.split(' ').nth(1)?.to_owned();
        let mut request = Self { path, headers, body: String::new(), events: Vec::new(), connection };
        let length = request.header("Content-Length")?.parse::<usize>().ok()?;
        let body = bytes.get(end + 4..end + 4 + length)?;
        request.body = String::from_utf8_lossy(body).into_owned();
        let parsed = serde_json::from_str::<Value>(&request.body).unwrap_or_default();
        request.events = parsed["events"].as_array().cloned().unwrap_or_default();
        bytes.drain(..end + 4 + length);
        Some(request)
    }
}

impl fmt::Debug for WebhookReceiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookReceiver({}, {:#?})", self.address, self.requests())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_kept_and_answered_as_the_test_says() {
        let receiver = WebhookReceiver::answering(|request| match request.events.len() {
            1 => Reply::Status(500),
            _ => Reply::Bytes(b"HTTP/1.1 204 Fine\r\n\r\n".to_vec()),
        });
        let app = App::new("webhook");
        let mut stream = TcpStream::connect(receiver.address()).unwrap();
        let mut answers = String::new();
        for body in [r#"{"events":[1]}"#, r#"{"events":[1,2]}"#] {
            let (key, signature, length) = (&app.key, sign::hmac(&app.secret, body), body.len());
            let head = format!(
                "POST /webhook HTTP/1.1\r\nContent-Type: application/json\r\nX-Pusher-Key: {key}\r\n\
                 X-Pusher-Signature: {signature}\r\nContent-Length: {length}\r\n\r\n"
            );
            stream.write_all([head.as_bytes(), body.as_bytes()].concat().as_slice()).unwrap();
        }
        stream.read_to_string(&mut answers).unwrap();
        assert_eq!(answers, "HTTP/1.1 500 Own\r\nContent-Length: 0\r\n\r\nHTTP/1.1 204 Fine\r\n\r\n");
        let requests = receiver.wait_for("two requests", |requests| requests.len() == 2);
        for request in &requests {
            request.assert_signed_by(&app);
        }
        assert_eq!(receiver.events(), [1, 1, 2]);
    }
}
