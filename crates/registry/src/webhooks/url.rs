//! The URL of an endpoint.

use std::fmt;

use url::{Host, Position, Url};

use super::{
    HIDDEN,
    invalid::{InvalidWebhook, UrlFault},
};
use crate::wrong_size::WrongSize;

/// The longest URL of an endpoint, in bytes.
pub const URL_BYTES: usize = 2_048;

/// The `http` or `https` URL that receives deliveries.
///
/// Its user, password and query may be secrets: only [`expose`](Self::expose) and [`as_url`](Self::as_url) return them.
/// `Display` and `Debug` replace them by `…`.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookUrl {
    text: Box<str>,
    url: Url,
}

impl WebhookUrl {
    /// Parses a URL. Non-ASCII letters become Punycode in the host, and are percent-encoded in the path.
    ///
    /// # Errors
    /// It cannot be requested, or it has a fragment, which requests do not carry.
    pub fn parse(text: &str) -> Result<Self, InvalidWebhook> {
        let fault = |fault| InvalidWebhook::Url { shown: shown(text), fault };
        WrongSize::check("url", text.len(), "bytes", 1..=URL_BYTES)?;
        if text.contains(HIDDEN) {
            return Err(fault(UrlFault::Hidden));
        }
        if let Some(at) = text.find(|char: char| char.is_whitespace() || char.is_control()) {
            return Err(fault(UrlFault::Space { at }));
        }
        let has_scheme = ["http://", "https://"]
            .iter()
            .any(|scheme| text.get(..scheme.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(scheme)));
        if !has_scheme {
            return Err(fault(UrlFault::Scheme));
        }
        let url = Url::parse(text).map_err(|cause| fault(UrlFault::Form { cause }))?;
        if let Some(Host::Domain(name)) = url.host()
            && let Some(sign) = name.chars().find(|&char| !(char.is_ascii_alphanumeric() || "-._".contains(char)))
        {
            return Err(fault(UrlFault::Host { sign }));
        }
        if url.fragment().is_some() {
            return Err(fault(UrlFault::Fragment));
        }
        if url.port() == Some(0) {
            return Err(fault(UrlFault::Port));
        }
        Ok(Self { text: text.into(), url })
    }

    /// The URL unchanged, for output that was explicitly requested with secrets.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// The URL in its normal form, for sending. Its user and password become the header `Authorization`.
    #[must_use]
    pub const fn as_url(&self) -> &Url {
        &self.url
    }

    /// True if the URL has a user or a password.
    #[must_use]
    pub fn has_user(&self) -> bool {
        !self.url.username().is_empty() || self.url.password().is_some()
    }

    /// The URL without user and password.
    pub(super) fn target(&self) -> &str {
        &self.url[Position::BeforeHost..]
    }
}

/// Without the parts that may be secrets. The host is the one that gets the requests, also if an `@` follows it.
impl fmt::Display for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, rest) = self.text.split_once("://").unwrap_or(("http", &self.text));
        // The parser takes any number of slashes here, and a backslash for a slash.
        let rest = rest.trim_start_matches(['/', '\\']);
        let (authority, rest) = rest.split_at(rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len()));
        let (path, query) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
        let (user, host) = authority.rsplit_once('@').map_or(("", authority), |(_, host)| ("…@", host));
        // What precedes an `@` may be a password with an unencoded slash.
        let (hidden, path) = path.rsplit_once('@').map_or(("", path), |(_, path)| ("/…@", path));
        let (query, tail) = if query.is_empty() { ("", "") } else { (&query[..1], "…") };
        write!(f, "{scheme}://{user}{host}{hidden}{path}{query}{tail}")
    }
}

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookUrl({self})")
    }
}

/// A text that is no valid URL, with `…` in place of everything before an `@`, and after a `?` or `#`.
fn shown(text: &str) -> String {
    let (scheme, rest) = text.split_once("://").map_or(("", text), |(scheme, rest)| (&text[..scheme.len() + 3], rest));
    // A password with an unencoded `/`, `?` or `#` may extend beyond the authority that a parser finds.
    let (user, rest) = rest.rsplit_once('@').map_or(("", rest), |(_, rest)| ("…@", rest));
    let (kept, tail) = match rest.find(['?', '#']) {
        Some(at) => (&rest[..at], format!("{}…", &rest[at..=at])),
        None => (rest, String::new()),
    };
    format!("{scheme}{user}{kept}{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_secrets() {
        for (text, normal, has_user, shown) in [
            ("https://shop.example/hook", "https://shop.example/hook", false, "https://shop.example/hook"),
            ("HTTP://Shop.example:80", "http://shop.example/", false, "HTTP://Shop.example:80"),
            ("http://[::1]:8000/a", "http://[::1]:8000/a", false, "http://[::1]:8000/a"),
            (
                "https://Münch.example/ä?t=hunter2",
                "https://xn--mnch-0ra.example/%C3%A4?t=hunter2",
                false,
                "https://Münch.example/ä?…",
            ),
            ("http://u:hun%40ter2@a.test/x", "http://u:hun%40ter2@a.test/x", true, "http://…@a.test/x"),
            ("http://token@a.test", "http://token@a.test/", true, "http://…@a.test"),
            ("http://a.test/@b.test/x", "http://a.test/@b.test/x", false, "http://a.test/…@b.test/x"),
            ("http:///u:hunter2@a.test\\@b.test", "http://u:hunter2@a.test/@b.test", true, "http://…@a.test/…@b.test"),
            ("http://a.test/?m=hunter2@b.test", "http://a.test/?m=hunter2@b.test", false, "http://a.test/?…"),
        ] {
            let url = WebhookUrl::parse(text).unwrap();
            assert_eq!((url.expose(), url.as_url().as_str(), url.has_user()), (text, normal, has_user));
            assert_eq!(url.to_string(), shown);
            assert!(!format!("{url:?}").contains("ter2"));
        }
    }

    #[test]
    fn what_takes_no_request_is_refused_without_secrets() {
        let long = format!("http://a.test/{}", "a".repeat(URL_BYTES - 13));
        for (text, error) in [
            ("", "url has 0 bytes, allowed are 1 to 2048"),
            (&*long, "url has 2049 bytes, allowed are 1 to 2048"),
            ("shop.example/hook", "url \"shop.example/hook\": it has to begin with http:// or https://"),
            ("https:/a.test", "url \"https:/a.test\": it has to begin with http:// or https://"),
            ("ftp://u:p@a.test", "url \"ftp://…@a.test\": it has to begin with http:// or https://"),
            ("http://", "url \"http://\": empty host"),
            ("http://*.test", "url \"http://*.test\": no name of a host contains '*'"),
            ("http://a.test:99999/", "url \"http://a.test:99999/\": invalid port number"),
            ("http://a.test:0/", "url \"http://a.test:0/\": no request can go to port 0"),
            ("http://a b/", "url \"http://a b/\": it has white space or a control character at byte 8"),
            ("http://a.test/#x", "url \"http://a.test/#…\": no request carries a fragment: write # as %23"),
            ("http://u:a#b@c.test", "url \"http://…@c.test\": invalid port number"),
            ("http://…@a.test/", "url \"http://…@a.test/\": the … in it replaces a hidden part: write the whole URL"),
        ] {
            assert_eq!(WebhookUrl::parse(text).unwrap_err().to_string(), error);
        }
    }
}
