//! Additional headers of an endpoint's requests.

use std::fmt;

use super::{
    HIDDEN,
    invalid::{HeaderFault, InvalidWebhook, beginning},
};
use crate::wrong_size::WrongSize;

/// The most headers of an endpoint.
pub const HEADERS: usize = 20;
/// The longest name of a header, in bytes.
pub const HEADER_NAME_BYTES: usize = 64;
/// The longest value of a header, in bytes.
pub const HEADER_VALUE_BYTES: usize = 1_024;

/// Headers that the HTTP/1.1 client sets itself, or that belong to one connection (RFC 9110, section 7.6.1).
const RESERVED: [&str; 10] = [
    "connection",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];
/// Prefixes of header names that are reserved for the body, for proxies, for Pusher and for Clairon.
const RESERVED_PREFIXES: [&str; 4] = ["content-", "proxy-", "x-pusher-", "x-clairon-"];

/// Headers with unique names, sorted by name. The values may be secrets: `Debug` hides them, and only
/// [`expose`](Self::expose) returns them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct WebhookHeaders(Box<[(Box<str>, Box<str>)]>);

impl WebhookHeaders {
    /// Parses headers. White space around a value is removed.
    ///
    /// # Errors
    /// There are more than [`HEADERS`], or a header cannot be sent, is reserved, or occurs twice.
    pub fn parse<N: AsRef<str>, V: AsRef<str>>(
        headers: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self, InvalidWebhook> {
        let mut parsed = Vec::new();
        for (name, value) in headers {
            let (name, value) = (name.as_ref(), value.as_ref().trim_matches([' ', '\t']));
            let fault = |fault| InvalidWebhook::Header { name: beginning(name), fault };
            check_name(name).map_err(fault)?;
            check_value(value).map_err(fault)?;
            parsed.push((Box::from(name), Box::from(value)));
        }
        WrongSize::check("headers", parsed.len(), "entries", 0..=HEADERS)?;
        let key = |(name, _): &(Box<str>, Box<str>)| name.to_ascii_lowercase();
        parsed.sort_by_key(key);
        match parsed.windows(2).find(|pair| key(&pair[0]) == key(&pair[1])) {
            Some(pair) => Err(InvalidWebhook::Header { name: beginning(&pair[1].0), fault: HeaderFault::Twice }),
            None => Ok(Self(parsed.into())),
        }
    }

    /// True if there is a header with this name, in upper or lower case.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.names().any(|known| known.eq_ignore_ascii_case(name))
    }

    /// The names, unchanged.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| &**name)
    }

    /// The names and values, for sending, and for output that was explicitly requested with secrets.
    pub fn expose(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// The number of headers.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// True if there are no headers.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// All headers that an endpoint is to have. Some may keep the values that they have: a client of the admin API does not
/// know these.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderPatch {
    /// All of them; those that keep their values are empty here.
    headers: WebhookHeaders,
    kept: Vec<Box<str>>,
}

impl HeaderPatch {
    /// Parses headers; `None` for one that keeps its value.
    ///
    /// # Errors
    /// As for [`WebhookHeaders::parse`].
    pub fn parse<N: AsRef<str>, V: AsRef<str>>(
        headers: impl IntoIterator<Item = (N, Option<V>)>,
    ) -> Result<Self, InvalidWebhook> {
        let given: Vec<(N, Option<V>)> = headers.into_iter().collect();
        let kept = given.iter().filter(|(_, value)| value.is_none()).map(|(name, _)| name.as_ref().into()).collect();
        let text = |(name, value): &'_ (N, Option<V>)| {
            (name.as_ref().to_owned(), value.as_ref().map(|value| value.as_ref().to_owned()).unwrap_or_default())
        };
        Ok(Self { headers: WebhookHeaders::parse(given.iter().map(text))?, kept })
    }

    /// The new headers of an endpoint that has `present`. What is to keep its value and is not there is left out.
    #[must_use]
    pub fn apply(&self, present: &WebhookHeaders) -> WebhookHeaders {
        let keep = |(name, value): &(Box<str>, Box<str>)| {
            if self.kept.contains(name) {
                present.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).cloned()
            } else {
                Some((name.clone(), value.clone()))
            }
        };
        WebhookHeaders(self.headers.0.iter().filter_map(keep).collect())
    }
}

impl From<WebhookHeaders> for HeaderPatch {
    fn from(headers: WebhookHeaders) -> Self {
        Self { headers, kept: Vec::new() }
    }
}

impl fmt::Debug for WebhookHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

fn check_name(name: &str) -> Result<(), HeaderFault> {
    // RFC 9110, section 5.6.2.
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if !(1..=HEADER_NAME_BYTES).contains(&name.len()) {
        return Err(HeaderFault::NameSize { size: name.len(), max: HEADER_NAME_BYTES });
    }
    if !name.bytes().all(is_token) {
        return Err(HeaderFault::Name);
    }
    let lower = name.to_ascii_lowercase();
    if RESERVED.contains(&&*lower) || RESERVED_PREFIXES.iter().any(|prefix| lower.starts_with(prefix)) {
        return Err(HeaderFault::Reserved);
    }
    Ok(())
}

fn check_value(value: &str) -> Result<(), HeaderFault> {
    if value.len() > HEADER_VALUE_BYTES {
        Err(HeaderFault::ValueSize { size: value.len(), max: HEADER_VALUE_BYTES })
    } else if value.contains(HIDDEN) {
        Err(HeaderFault::Hidden)
    } else if let Some(at) = value.bytes().position(|byte| !(b' '..=b'~').contains(&byte) && byte != b'\t') {
        Err(HeaderFault::Value { at })
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_kept_by_name_and_print_without_values() {
        let headers = WebhookHeaders::parse([("X-Shop", " hunter2\t"), ("authorization", "Bearer hunter2")]).unwrap();
        let exposed: Vec<_> = headers.expose().collect();
        assert_eq!(exposed, [("authorization", "Bearer hunter2"), ("X-Shop", "hunter2")]);
        assert!(headers.has("x-shop") && headers.has("Authorization") && !headers.has("X-Shop-2"));
        assert_eq!(format!("{headers:?}"), r#"["authorization", "X-Shop"]"#);
    }

    #[test]
    fn a_patch_names_all_headers_and_keeps_values() {
        let present = WebhookHeaders::parse([("X-Shop", "hunter2"), ("X-Old", "1"), ("X-New", "1")]).unwrap();
        let patch =
            |pairs: &[(&str, Option<&str>)]| HeaderPatch::parse(pairs.iter().copied()).map(|it| it.apply(&present));
        let exposed = |pairs: &[(&str, Option<&str>)]| {
            patch(pairs).unwrap().expose().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(exposed(&[("x-shop", None), ("X-New", Some("2")), ("X-Unknown", None)]), "X-New=2 X-Shop=hunter2");
        assert_eq!(exposed(&[]), "");
        assert!(patch(&[("X-Shop", None), ("x-shop", Some("1"))]).is_err() && patch(&[("Host", None)]).is_err());
    }

    #[test]
    fn what_cannot_be_sent_is_refused_without_its_value() {
        let long = "v".repeat(HEADER_VALUE_BYTES + 1);
        for (name, value, error) in [
            ("", "", "the header \"\": its name has 0 bytes, allowed are 1 to 64"),
            ("X Shop", "", "the header \"X Shop\": a name is made of A-Z a-z 0-9 ! # $ % & ' * + - . ^ _ ` | ~"),
            ("Host", "a", "the header \"Host\": it is set by the server itself"),
            ("content-type", "a", "the header \"content-type\": it is set by the server itself"),
            ("X-Pusher-Key", "a", "the header \"X-Pusher-Key\": it is set by the server itself"),
            ("Proxy-Authorization", "a", "the header \"Proxy-Authorization\": it is set by the server itself"),
            ("X-A", &long, "the header \"X-A\": its value has 1025 bytes, allowed are 0 to 1024"),
            (
                "X-A",
                "hunter2\r\nX-B: 1",
                "the header \"X-A\": its value has a character at byte 7 that is not printable ASCII",
            ),
            ("X-A", "hunterü", "the header \"X-A\": its value has a character at byte 6 that is not printable ASCII"),
            ("X-A", "…", "the header \"X-A\": its value … replaces a hidden one: write the whole value"),
        ] {
            assert_eq!(WebhookHeaders::parse([(name, value)]).unwrap_err().to_string(), error);
        }
        let twice = WebhookHeaders::parse([("X-A", "1"), ("b", ""), ("x-a", "2")]).unwrap_err();
        assert_eq!(twice.to_string(), "the header \"x-a\": it is there twice");
        let many = WebhookHeaders::parse((0..21).map(|number| (format!("X-{number}"), ""))).unwrap_err();
        assert_eq!(many.to_string(), "headers has 21 entries, allowed are 0 to 20");
    }
}
