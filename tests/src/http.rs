//! A minimal HTTP/1.1 client: it writes the given bytes and reads answers one by one.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::path::Path;

use serde_json::{Value, json};

use crate::server::Server;
use crate::transport::{TlsClient, Transport};

/// One connection to a server.
#[derive(Debug)]
pub struct HttpConnection {
    stream: BufReader<Transport>,
}

/// An answer. Names of headers are in lower case.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The headers, in their order.
    pub headers: Vec<(String, String)>,
    /// The body, which is always text.
    pub body: String,
}

impl HttpConnection {
    /// Connects to the server.
    ///
    /// # Panics
    /// When nothing listens.
    #[must_use]
    pub fn open(server: &Server) -> Self {
        Self::to((server.host(), server.port()))
    }

    /// Connects to an address.
    ///
    /// # Panics
    /// When nothing listens.
    #[must_use]
    pub fn to(address: impl ToSocketAddrs + fmt::Debug) -> Self {
        let stream = TcpStream::connect(&address).and_then(Transport::tcp);
        Self::over(stream.unwrap_or_else(|error| panic!("connecting to {address:?}: {error}")))
    }

    /// Connects to a Unix socket.
    ///
    /// # Panics
    /// When nobody listens.
    #[must_use]
    pub fn unix(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        let stream = UnixStream::connect(path).and_then(Transport::unix);
        Self::over(stream.unwrap_or_else(|error| panic!("connecting to {}: {error}", path.display())))
    }

    /// Connects with TLS.
    ///
    /// # Panics
    /// When no server listens, or the handshake fails.
    #[must_use]
    pub fn tls(server: &Server, client: &TlsClient) -> Self {
        let transport = client.connect((server.host(), server.port()));
        Self::over(transport.unwrap_or_else(|error| panic!("connecting with TLS: {error}")))
    }

    /// The underlying transport.
    #[must_use]
    pub fn transport(&self) -> &Transport {
        self.stream.get_ref()
    }

    /// Takes a connection over.
    #[must_use]
    pub fn over(transport: Transport) -> Self {
        Self { stream: BufReader::new(transport) }
    }

    /// The same connection, for a thread that writes while this one reads.
    ///
    /// # Panics
    /// When it is not TCP, or the system has no descriptor left.
    #[must_use]
    pub fn writer(&self) -> TcpStream {
        let Transport::Tcp(stream) = self.stream.get_ref() else { panic!("only TCP has another handle") };
        stream.try_clone().unwrap_or_else(|error| panic!("another handle of a socket: {error}"))
    }

    /// Gets a page over this connection.
    ///
    /// # Panics
    /// When there is no answer in time.
    #[must_use]
    pub fn get(&mut self, target: &str) -> Response {
        self.write(format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        self.response()
    }

    /// Writes bytes, in one packet if they fit.
    ///
    /// # Panics
    /// When the server has closed the connection.
    pub fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_write(bytes.as_ref()).unwrap_or_else(|error| panic!("writing to the server: {error}"));
    }

    /// Does the same with bytes during which the server may close the connection.
    ///
    /// # Errors
    /// When the server has closed the connection.
    pub fn try_write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// Reads an answer: its head, and a body of `Content-Length` bytes.
    ///
    /// # Panics
    /// When none arrives in time, or it is not HTTP.
    #[must_use]
    pub fn response(&mut self) -> Response {
        let mut response = self.head();
        response.body = String::from_utf8_lossy(&self.body_of(&response)).into_owned();
        response
    }

    /// Reads the head of an answer, which is all that follows a request with HEAD.
    ///
    /// # Panics
    /// When none arrives in time, or it is not HTTP.
    #[must_use]
    pub fn head(&mut self) -> Response {
        let status = self.line();
        let code = status.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
        Response {
            status: code.unwrap_or_else(|| panic!("no status line: {status:?}")),
            headers: self.headers(),
            body: String::new(),
        }
    }

    /// Reads the body of an answer with this head.
    ///
    /// # Panics
    /// When it does not arrive completely in time.
    #[must_use]
    pub fn body_of(&mut self, head: &Response) -> Vec<u8> {
        let size = head.header("content-length").map_or(0, |size| size.parse().unwrap_or(0));
        self.read(size).unwrap_or_else(|| panic!("the body broke off: {head:?}"))
    }

    /// Reads exactly `size` bytes; `None` if the server closes the connection before.
    ///
    /// # Panics
    /// When they do not arrive in time.
    pub fn read(&mut self, size: usize) -> Option<Vec<u8>> {
        let mut bytes = vec![0; size];
        match self.stream.read_exact(&mut bytes) {
            Ok(()) => Some(bytes),
            Err(error) if is_end(&error) => None,
            Err(error) => panic!("waiting for {size} bytes: {error}"),
        }
    }

    /// True once the server has closed the connection. False if it sends anything instead.
    ///
    /// # Panics
    /// When nothing happens in time.
    #[must_use]
    pub fn is_closed(&mut self) -> bool {
        match self.stream.fill_buf() {
            Ok(rest) => rest.is_empty(),
            Err(error) if is_end(&error) => true,
            Err(error) => panic!("waiting for the end: {error}"),
        }
    }

    fn headers(&mut self) -> Vec<(String, String)> {
        let mut headers = Vec::new();
        loop {
            let line = self.line();
            let Some((name, value)) = line.split_once(':') else { return headers };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap_or_else(|error| panic!("waiting for an answer: {error}"));
        assert!(line.ends_with('\n'), "the connection ended in an answer: {line:?}");
        line.truncate(line.trim_end().len());
        line
    }
}

fn is_end(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe)
}

impl Response {
    /// The value of a header, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.header_values(name).next()
    }

    /// All values of a header.
    pub fn header_values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.iter().filter(move |(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is not JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// The JSON body of a successful request.
    ///
    /// # Panics
    /// When the request was refused.
    #[must_use]
    pub fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        self.json()
    }

    /// Asserts that a request was refused with this status and with `word` in the message. The body must be
    /// `{"error":…,"code":…}`.
    ///
    /// # Panics
    /// When it was not.
    pub fn assert_refused(&self, status: u16, word: &str) {
        assert_eq!(self.status, status, "{self:?}");
        let body = self.json();
        let message = body["error"].as_str().unwrap_or_default();
        assert!(!message.is_empty() && message.contains(word), "no {word:?} in {self:?}");
        assert_eq!(body, json!({"error": message, "code": status}));
    }
}

/// Sends a request without a body and signature over a new connection. Each header line ends with CRLF.
#[must_use]
pub fn request(server: &Server, method: &str, target: &str, headers: &str) -> Response {
    let mut connection = HttpConnection::open(server);
    connection.write(format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n"));
    connection.response()
}

/// Gets a page.
#[must_use]
pub fn get(server: &Server, target: &str) -> Response {
    request(server, "GET", target, "")
}
