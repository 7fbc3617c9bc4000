//! Requests to the HTTP API, valid like those of server libraries, or invalid.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::app::App;
use crate::http::{HttpConnection, Response};
use crate::server::Server;
use crate::sign;

/// A signed request. Its parts can be changed after signing.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query, sent without escaping.
    pub query: Vec<(String, String)>,
    /// The body; may be empty.
    pub body: String,
}

impl Request {
    /// A request to `/apps/{id}{path}`, signed by `app` with the current time. Values are sent unescaped, like those of
    /// Node, Python and Go.
    #[must_use]
    pub fn new(app: &App, method: &str, path: &str, parameters: &[(&str, &str)], body: &str) -> Self {
        let mut request = Self {
            method: method.to_owned(),
            path: format!("/apps/{}{path}", app.id),
            query: Vec::new(),
            body: body.to_owned(),
        };
        for (name, value) in parameters {
            request = request.with(name, value);
        }
        request.at(app, now())
    }

    /// A signed `GET`.
    #[must_use]
    pub fn get(app: &App, path: &str, parameters: &[(&str, &str)]) -> Self {
        Self::new(app, "GET", path, parameters, "")
    }

    /// A signed `POST`.
    #[must_use]
    pub fn post(app: &App, path: &str, body: &Value) -> Self {
        Self::new(app, "POST", path, &[], &body.to_string())
    }

    /// Signs it with a time, in seconds since 1970.
    #[must_use]
    pub fn at(self, app: &App, time: u64) -> Self {
        let md5 = (!self.body.is_empty()).then(|| sign::md5(self.body.as_bytes()));
        let mut signed = self
            .with("auth_key", &app.key)
            .with("auth_timestamp", &time.to_string())
            .with("auth_version", "1.0")
            .without("body_md5");
        if let Some(md5) = md5 {
            signed = signed.with("body_md5", &md5);
        }
        signed.sign(&app.secret)
    }

    /// Sets a parameter.
    #[must_use]
    pub fn with(self, name: &str, value: &str) -> Self {
        let mut request = self.without(name);
        request.query.push((name.to_owned(), value.to_owned()));
        request
    }

    /// Removes a parameter.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.query.retain(|(parameter, _)| parameter != name);
        self
    }

    /// Signs its present content.
    #[must_use]
    pub fn sign(self, secret: &str) -> Self {
        let request = self.without("auth_signature");
        let mut pairs: Vec<_> =
            request.query.iter().map(|(name, value)| (name.to_lowercase(), value.as_str())).collect();
        pairs.sort();
        let parameters = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
        let signature = sign::hmac(secret, &format!("{}\n{}\n{parameters}", request.method, request.path));
        request.with("auth_signature", &signature)
    }

    /// The value of a parameter; empty if there is none.
    #[must_use]
    pub fn parameter(&self, name: &str) -> &str {
        self.query.iter().find(|(parameter, _)| parameter == name).map_or("", |(_, value)| value)
    }

    /// Its head, with an additional header line if `header` is not empty.
    #[must_use]
    pub fn head(&self, header: &str) -> String {
        let query = self.query.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
        let (method, path, size) = (&self.method, &self.path, self.body.len());
        let line = if header.is_empty() { String::new() } else { format!("{header}\r\n") };
        format!(
            "{method} {path}?{query} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Content-Length: {size}\r\n{line}\r\n"
        )
    }

    /// The whole request.
    #[must_use]
    pub fn text(&self) -> String {
        self.head("") + &self.body
    }

    /// Sends it over a new connection.
    #[must_use]
    pub fn send(&self, server: &Server) -> Response {
        let mut connection = HttpConnection::open(server);
        connection.write(self.text());
        connection.response()
    }
}

/// The current time, in seconds since 1970.
#[must_use]
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

/// Sends a signed `GET` that must succeed.
#[must_use]
pub fn get(server: &Server, app: &App, path: &str, parameters: &[(&str, &str)]) -> Value {
    Request::get(app, path, parameters).send(server).ok()
}

/// Sends a signed `POST` that must succeed.
#[must_use]
pub fn post(server: &Server, app: &App, path: &str, body: &Value) -> Value {
    Request::post(app, path, body).send(server).ok()
}

/// Triggers an event. Every subscriber's copy is queued when this returns.
///
/// # Panics
/// When it is refused.
pub fn trigger(server: &Server, app: &App, channel: &str, event: &str, data: &str) {
    let answer = post(server, app, "/events", &json!({"name": event, "data": data, "channels": [channel]}));
    assert_eq!(answer, json!({}));
}
