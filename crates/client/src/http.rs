//! Requests and their answers.

use std::{
    error::Error,
    io::{self, Read},
    sync::mpsc,
    thread,
    time::{Duration, SystemTime},
};

use ureq::{
    Agent, Body, BodyReader,
    http::{HeaderMap, Response, StatusCode, response::Parts},
    tls::{Certificate, RootCerts, TlsConfig},
};

use clairon_protocol::quote;

use crate::PATIENCE;

/// The longest part of a body that is read, in bytes.
const MAX_BODY: u64 = 64 << 10;

/// Makes HTTP requests. It follows no redirect and uses no proxy, so an answer comes from the server itself.
pub struct HttpClient {
    agent: Agent,
    patience: Duration,
}

impl Default for HttpClient {
    fn default() -> Self {
        Self::new()
    }
}

/// Why a request got no answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The time is over.
    #[error("no answer within {seconds} s")]
    Timeout {
        /// The time that the server had, in seconds.
        seconds: u64,
    },
    /// The connection failed. Texts of a peer in the message are quoted.
    #[error("{}", quote(&.0.to_string()))]
    Connection(#[source] io::Error),
    /// The peer sent something other than HTTP.
    #[error("unreadable answer: {}", quote(&.0.to_string()))]
    Unreadable(#[source] Box<dyn Error + Send + Sync>),
    /// Any other failure.
    #[error("{}", quote(&.0.to_string()))]
    Other(#[source] ureq::Error),
}

/// The outcome of [`HttpClient::follow`].
pub enum Followed {
    /// The server sends events.
    Events(EventStream),
    /// The server answered with something else.
    Answer(HttpResponse),
}

/// The answer of a server, with any status.
#[derive(Clone, Debug)]
pub struct HttpResponse {
    /// The status.
    pub status: StatusCode,
    headers: HeaderMap,
    /// The body, up to 64 KiB. Other bytes than UTF-8 are replaced.
    pub body: String,
    /// The server's clock minus this machine's, in seconds; known when the answer has a header `Date`.
    pub clock_ahead: Option<i64>,
}

impl HttpClient {
    /// A client that trusts the certificates of the system and waits [`PATIENCE`] for an answer.
    #[must_use]
    pub fn new() -> Self {
        Self::with_patience(PATIENCE)
    }

    /// A client that waits `patience` for a whole answer.
    #[must_use]
    pub fn with_patience(patience: Duration) -> Self {
        let certificates: Vec<_> =
            clairon_tls::system_certificates().iter().map(|der| Certificate::from_der(der).to_owned()).collect();
        let roots = if certificates.is_empty() { RootCerts::WebPki } else { RootCerts::new_with_certs(&certificates) };
        let tls =
            TlsConfig::builder().unversioned_rustls_crypto_provider(clairon_tls::provider()).root_certs(roots).build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .timeout_global(Some(patience))
            .user_agent(concat!("clairon/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { agent: config.new_agent(), patience }
    }

    /// Makes a `GET` request.
    ///
    /// # Errors
    /// When no answer comes in time, or it is not HTTP.
    pub fn get(&self, url: &str) -> Result<HttpResponse, HttpError> {
        self.read(self.agent.get(url).call())
    }

    /// Makes a `POST` request that asks for JSON.
    ///
    /// # Errors
    /// When no answer comes in time, or it is not HTTP.
    pub fn post(&self, url: &str, content_type: &str, body: &str) -> Result<HttpResponse, HttpError> {
        let request = self.agent.post(url).header("content-type", content_type).header("accept", "application/json");
        self.read(request.send(body))
    }

    fn read(&self, response: Result<Response<Body>, ureq::Error>) -> Result<HttpResponse, HttpError> {
        let (parts, body) = response.map_err(|error| self.error(error))?.into_parts();
        Ok(answer(parts, beginning(body)))
    }

    fn error(&self, error: ureq::Error) -> HttpError {
        match error {
            ureq::Error::Timeout(_) => HttpError::Timeout { seconds: self.patience.as_secs() },
            ureq::Error::Io(error) => HttpError::Connection(error),
            ureq::Error::Protocol(error) => HttpError::Unreadable(Box::new(error)),
            other => HttpError::Other(other),
        }
    }
}

/// A body of server-sent events. Reading blocks until more comes, without a time limit.
pub type EventStream = BodyReader<'static>;

impl HttpClient {
    /// Makes a `GET` request for server-sent events, with a bearer token.
    ///
    /// # Errors
    /// When no answer comes within [`PATIENCE`], or it is not HTTP.
    pub fn follow(&self, url: &str, token: &str) -> Result<Followed, HttpError> {
        let request = self.agent.get(url).config();
        let request =
            request.timeout_global(None).timeout_connect(Some(PATIENCE)).timeout_recv_response(Some(PATIENCE));
        let request =
            request.build().header("authorization", format!("Bearer {token}")).header("accept", "text/event-stream");
        let response = request.call().map_err(|error| self.error(error))?;
        let is_stream = response
            .headers()
            .get("content-type")
            .is_some_and(|kind| kind.as_bytes().to_ascii_lowercase().starts_with(b"text/event-stream"));
        if response.status() == StatusCode::OK && is_stream {
            return Ok(Followed::Events(response.into_body().into_reader()));
        }
        let (parts, body) = response.into_parts();
        // This request has no time limit, so a thread reads the body. It is left behind if the body does not end in
        // time.
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || sender.send(beginning(body)));
        Ok(Followed::Answer(answer(parts, receiver.recv_timeout(PATIENCE).unwrap_or_default())))
    }
}

/// The body up to its limit, or up to the point where the connection breaks.
fn beginning(body: Body) -> String {
    let mut bytes = Vec::new();
    // A body that breaks off is used as far as it came; the status is more important.
    let _ = body.into_reader().take(MAX_BODY).read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn answer(parts: Parts, body: String) -> HttpResponse {
    let clock_ahead = parts.headers.get("date").and_then(|date| clock_ahead(date.to_str().ok()?));
    HttpResponse { status: parts.status, headers: parts.headers, body, clock_ahead }
}

fn clock_ahead(date: &str) -> Option<i64> {
    let server = httpdate::parse_http_date(date).ok()?;
    Some(seconds(server)? - seconds(SystemTime::now())?)
}

fn seconds(time: SystemTime) -> Option<i64> {
    i64::try_from(time.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs()).ok()
}

impl HttpResponse {
    /// An answer for tests.
    ///
    /// # Panics
    /// When the status or a header is not valid.
    #[expect(clippy::unwrap_used, reason = "for tests")]
    #[must_use]
    pub fn new(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Self {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        Self {
            status: StatusCode::from_u16(status).unwrap(),
            headers: headers.collect(),
            body: body.to_owned(),
            clock_ahead: None,
        }
    }

    /// A header, quoted for messages; empty if it is missing.
    #[must_use]
    pub fn header(&self, name: &str) -> String {
        self.headers.get(name).map(|value| quote(&String::from_utf8_lossy(value.as_bytes()))).unwrap_or_default()
    }

    /// The message of an error, quoted: `error`, `message` or `detail` of a JSON body, or else the body itself. It is
    /// "nothing" for an empty body and "an HTML page" for a page.
    #[must_use]
    pub fn message(&self) -> String {
        let json: Option<serde_json::Value> = serde_json::from_str(&self.body).ok();
        let field = |name: &str| json.as_ref()?.get(name)?.as_str().map(quote);
        let body = || match self.body.trim_start() {
            "" => "nothing".to_owned(),
            page if page.starts_with('<') => "an HTML page".to_owned(),
            text => quote(text),
        };
        field("error").or_else(|| field("message")).or_else(|| field("detail")).unwrap_or_else(body)
    }

    /// The body as a JSON object; nothing if it is none.
    #[must_use]
    pub fn object(&self) -> Option<serde_json::Map<String, serde_json::Value>> {
        serde_json::from_str(&self.body).ok()
    }
}
