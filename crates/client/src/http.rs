//! Plain requests and their answers.

use std::{
    io::Read,
    sync::mpsc,
    thread,
    time::{Duration, SystemTime},
};

use ureq::{
    Agent, Body, BodyReader,
    http::{HeaderMap, Response, StatusCode, response::Parts},
    tls::{Certificate, RootCerts, TlsConfig},
};

use crate::{PATIENCE, text::quote, tls};

/// More of a body is not read, in bytes.
const MAX_BODY: u64 = 64 << 10;

/// Makes requests. It follows no redirect and uses no proxy: what is asked for is the server itself.
pub struct Client {
    agent: Agent,
    patience: Duration,
}

impl Default for Client {
    fn default() -> Self {
        Self::new()
    }
}

/// What a server has answered, whatever its status.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    headers: HeaderMap,
    /// The beginning of its body.
    pub body: String,
    /// How far the server's clock is ahead of this machine's, in seconds, by the header `Date`.
    pub clock_ahead: Option<i64>,
}

impl Client {
    /// One that trusts what the system trusts, and waits [`PATIENCE`] for an answer.
    #[must_use]
    pub fn new() -> Self {
        Self::with_patience(PATIENCE)
    }

    /// The same that waits this long for a whole answer.
    #[must_use]
    pub fn with_patience(patience: Duration) -> Self {
        let certificates: Vec<_> =
            tls::system_certificates().iter().map(|der| Certificate::from_der(der).to_owned()).collect();
        let roots = if certificates.is_empty() { RootCerts::WebPki } else { RootCerts::new_with_certs(&certificates) };
        let tls = TlsConfig::builder().unversioned_rustls_crypto_provider(tls::provider()).root_certs(roots).build();
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

    /// # Errors
    /// Why there is no answer, in words.
    pub fn get(&self, url: &str) -> Result<Answer, String> {
        self.read(self.agent.get(url).call())
    }

    /// # Errors
    /// Why there is no answer, in words.
    pub fn post(&self, url: &str, content_type: &str, body: &str) -> Result<Answer, String> {
        let request = self.agent.post(url).header("content-type", content_type).header("accept", "application/json");
        self.read(request.send(body))
    }

    fn read(&self, response: Result<Response<Body>, ureq::Error>) -> Result<Answer, String> {
        let (parts, body) = response.map_err(|error| self.reason(&error))?.into_parts();
        Ok(answer(parts, beginning(body)))
    }

    /// Why there is no answer, in words.
    fn reason(&self, error: &ureq::Error) -> String {
        match error {
            ureq::Error::Timeout(_) => format!("no answer within {} s", self.patience.as_secs()),
            ureq::Error::Io(error) => quote(&error.to_string()),
            ureq::Error::Protocol(problem) => format!("unreadable answer: {}", quote(&problem.to_string())),
            other => quote(&other.to_string()),
        }
    }
}

/// A body that is read as it comes.
pub type Following = BodyReader<'static>;

impl Client {
    /// `GET` of server-sent events, which go on as long as the server lives. Reading them may wait for ever.
    ///
    /// # Errors
    /// Why there is no answer, in words.
    pub fn follow(&self, url: &str, token: &str) -> Result<Result<Following, Answer>, String> {
        let request = self.agent.get(url).config();
        let request =
            request.timeout_global(None).timeout_connect(Some(PATIENCE)).timeout_recv_response(Some(PATIENCE));
        let request =
            request.build().header("authorization", format!("Bearer {token}")).header("accept", "text/event-stream");
        let response = request.call().map_err(|error| self.reason(&error))?;
        let is_stream = response
            .headers()
            .get("content-type")
            .is_some_and(|kind| kind.as_bytes().to_ascii_lowercase().starts_with(b"text/event-stream"));
        if response.status() == StatusCode::OK && is_stream {
            return Ok(Ok(response.into_body().into_reader()));
        }
        let (parts, body) = response.into_parts();
        // A thread that may be left behind: this request has no time limit.
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || sender.send(beginning(body)));
        Ok(Err(answer(parts, receiver.recv_timeout(PATIENCE).unwrap_or_default())))
    }
}

/// What is too long or breaks off is cut.
fn beginning(body: Body) -> String {
    let mut bytes = Vec::new();
    // Where it ends does not matter: the status tells enough.
    let _ = body.into_reader().take(MAX_BODY).read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn answer(parts: Parts, body: String) -> Answer {
    let clock_ahead = parts.headers.get("date").and_then(|date| clock_ahead(date.to_str().ok()?));
    Answer { status: parts.status, headers: parts.headers, body, clock_ahead }
}

fn clock_ahead(date: &str) -> Option<i64> {
    let server = httpdate::parse_http_date(date).ok()?;
    Some(seconds(server)? - seconds(SystemTime::now())?)
}

fn seconds(time: SystemTime) -> Option<i64> {
    i64::try_from(time.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs()).ok()
}

impl Answer {
    /// One that nobody sent, to test what is made of it.
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

    /// A header, fit to be shown; empty where it is missing.
    #[must_use]
    pub fn header(&self, name: &str) -> String {
        self.headers.get(name).map(|value| quote(&String::from_utf8_lossy(value.as_bytes()))).unwrap_or_default()
    }

    /// The message of an error: what stands in `error`, `message` or `detail` of a JSON body, or else the body, or
    /// "nothing" where it is empty.
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

    /// The body's JSON, where it is an object.
    #[must_use]
    pub fn object(&self) -> Option<serde_json::Map<String, serde_json::Value>> {
        serde_json::from_str(&self.body).ok()
    }
}
