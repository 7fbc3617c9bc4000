//! Requests to the admin API, like those of an operator's script.

use serde_json::Value;

use crate::app::App;
use crate::http::{HttpConnection, Response};
use crate::server::{Builder, Server};

/// The token of the servers that [`builder`] builds.
pub const TOKEN: &str = "the-token-of-the-admin-api-tests";

/// A server with the admin API switched on.
#[must_use]
pub fn builder() -> Builder {
    Server::builder().env("CLAIRON_ADMIN_TOKEN", TOKEN)
}

/// Calls `/admin/api{path}`. `headers` each end with CRLF.
#[must_use]
pub fn request(server: &Server, method: &str, path: &str, headers: &str, body: &str) -> Response {
    let mut connection = HttpConnection::open(server);
    let size = body.len();
    connection.write(format!(
        "{method} /admin/api{path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n{headers}\r\n{body}"
    ));
    connection.response()
}

/// Calls the admin API with the token, and with a JSON body if there is one.
#[must_use]
pub fn call(server: &Server, method: &str, path: &str, body: Option<&Value>) -> Response {
    let text = body.map(Value::to_string).unwrap_or_default();
    send(server, method, path, &text)
}

/// Does the same with a body that may be invalid, but is declared as JSON.
#[must_use]
pub fn send(server: &Server, method: &str, path: &str, body: &str) -> Response {
    let headers = format!("Authorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\n");
    request(server, method, path, &headers, body)
}

/// Creates an app, and returns it in the form for clients of the tests.
///
/// # Panics
/// When it is not created.
#[must_use]
pub fn create(server: &Server, fields: &Value) -> App {
    let response = call(server, "POST", "/apps", Some(fields));
    assert_eq!(response.status, 201, "{response:?}");
    let created = response.json();
    let text = |name: &str| created[name].as_str().unwrap_or_else(|| panic!("no {name} in {created}")).to_owned();
    let mut app = App::new("created");
    (app.id, app.key, app.secret) = (text("id"), text("key"), text("secret"));
    app
}

impl Response {
    /// Asserts that the admin API refused a request with this status, and with `word` in the detail (RFC 9457).
    ///
    /// # Panics
    /// When it did not.
    pub fn assert_problem(&self, status: u16, word: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        assert_eq!(self.header("cache-control"), Some("no-store"), "{self:?}");
        let problem = self.json();
        assert_eq!((&problem["type"], &problem["status"]), (&"about:blank".into(), &status.into()), "{problem}");
        assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()), "{problem}");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains(word)), "no {word:?} in {problem}");
    }
}
