//! Sessions of the dashboard, like those of a browser.

use serde_json::{Value, json};

use crate::admin;
use crate::http::Response;
use crate::server::{Builder, Server};

/// The password of the servers that [`builder`] builds.
pub const PASSWORD: &str = "correct horse battery";
/// Their password for viewers.
pub const VIEWER_PASSWORD: &str = "staple for viewers";

/// The headers that a page of the dashboard adds to a request that changes something.
pub const OWN_PAGE: &str = "X-Clairon-Dashboard: 1\r\nSec-Fetch-Site: same-origin\r\n";

/// A server with both passwords, and without a token.
#[must_use]
pub fn builder() -> Builder {
    Server::builder()
        .env("CLAIRON_DASHBOARD_PASSWORD", PASSWORD)
        .env("CLAIRON_DASHBOARD_VIEWER_PASSWORD", VIEWER_PASSWORD)
}

/// Tries to sign in. `headers` each end with CRLF.
#[must_use]
pub fn try_to_sign_in(server: &Server, credential: &Value, headers: &str) -> Response {
    let headers = format!("Content-Type: application/json\r\n{headers}");
    admin::request(server, "POST", "/session", &headers, &credential.to_string())
}

/// Signs in with a password, and returns the `Cookie` header, with its CRLF.
///
/// # Panics
/// When the server refuses it.
#[must_use]
pub fn sign_in(server: &Server, password: &str) -> String {
    let response = try_to_sign_in(server, &json!({ "password": password }), "");
    assert_eq!(response.status, 200, "{response:?}");
    cookie(&response)
}

/// The `Cookie` header for the session that an answer begins.
///
/// # Panics
/// When it begins none.
#[must_use]
pub fn cookie(response: &Response) -> String {
    cookie_named(response, "clairon_session")
}

/// The `Cookie` header for the cookie with this name that an answer sets.
///
/// # Panics
/// When it sets none.
#[must_use]
pub fn cookie_named(response: &Response, name: &str) -> String {
    let mut pairs = response.header_values("set-cookie").filter_map(|set| set.split_once(';')).map(|(pair, _)| pair);
    let pair = pairs.find(|pair| pair.split('=').next() == Some(name));
    format!("Cookie: {}\r\n", pair.unwrap_or_else(|| panic!("no {name} in {response:?}")))
}

/// Sends a request of a dashboard's page, with a JSON body if there is one.
#[must_use]
pub fn call(server: &Server, cookie: &str, method: &str, path: &str, body: Option<&Value>) -> Response {
    let text = body.map(Value::to_string).unwrap_or_default();
    let headers = format!("{cookie}{OWN_PAGE}Content-Type: application/json\r\n");
    admin::request(server, method, path, &headers, &text)
}
