//! The signature of a request to the HTTP API.
//!
//! A signature covers the method, the path and the sorted parameters of a request. It covers the body through the
//! parameter `body_md5`. Libraries differ in how they escape values and paths before they sign, so several forms are
//! tried.

use std::borrow::Cow;

use md5::{Digest, Md5};
use percent_encoding::percent_decode_str;

use super::{RequestQuery, Signature, query::list_name, query::unescape};
use crate::Secret;

/// A request is refused if its `auth_timestamp` differs from the server's time by this many seconds or more.
const TIMESTAMP_WINDOW: u64 = 600;

/// The largest number of query parameters of a request, those of the signature included. Each form of a signature sorts
/// and joins all of them, so a request with more must be refused before it is verified.
pub const MAX_PARAMETERS: usize = 100;

/// Converts the value of a parameter, as it was sent, to a form in which it may have been signed.
type ReadValue = fn(&str) -> Cow<'_, str>;

/// The forms in which values may have been signed, and whether lists are joined: decoded; decoded except for `+`; as
/// sent; decoded with lists joined.
const READINGS: [(ReadValue, bool); 4] =
    [(unescape, false), (percent_decode, false), (|text| Cow::Borrowed(text), false), (unescape, true)];

/// A request with a signature that is not yet verified.
#[derive(Clone, Copy, Debug)]
pub struct HttpRequest<'a> {
    /// `GET` or `POST`.
    pub method: &'a str,
    /// The path as received, without the server's path prefix. No library signs that prefix.
    pub path: &'a str,
    /// The parameters.
    pub query: &'a RequestQuery<'a>,
}

/// The reason why a request is refused. The messages go to the backend and contain nothing that it does not know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRequest {
    /// A parameter is missing.
    #[error("Missing parameter: {0}")]
    Missing(&'static str),
    /// The signature has an unknown version.
    #[error("Invalid auth_version ({size} bytes): expected 1.0")]
    Version {
        /// Its length in bytes.
        size: usize,
    },
    /// `auth_timestamp` is not a number of seconds.
    #[error("Invalid auth_timestamp ({size} bytes): expected seconds since 1970")]
    Timestamp {
        /// Its length in bytes.
        size: usize,
    },
    /// `auth_timestamp` is too old or too far in the future. The text is Pusher's.
    #[error("Timestamp expired: Given timestamp ({given}) not within {TIMESTAMP_WINDOW}s of server time ({now})")]
    Expired {
        /// The `auth_timestamp` of the request, in seconds since 1970.
        given: u64,
        /// The server's time, in seconds since 1970.
        now: u64,
    },
    /// The body is not the one that was signed.
    #[error("Invalid body_md5: it is not the MD5 of the {size} bytes of the body")]
    Body {
        /// The body's length in bytes.
        size: usize,
    },
    /// The signature is wrong in every form.
    #[error("Invalid signature: it is not the signature of this method, path and parameters under the app's secret")]
    Signature,
}

impl<'a> HttpRequest<'a> {
    /// Checks all that needs neither the secret nor the body: that no parameter is missing, the version and the age.
    ///
    /// # Errors
    /// The first problem found.
    pub fn check(&self, now: u64) -> Result<(), InvalidRequest> {
        let parameter = |name| self.query.get(name).ok_or(InvalidRequest::Missing(name));
        let version = parameter("auth_version")?;
        if version != "1.0" {
            return Err(InvalidRequest::Version { size: version.len() });
        }
        let timestamp = parameter("auth_timestamp")?;
        let given: u64 = timestamp.parse().map_err(|_| InvalidRequest::Timestamp { size: timestamp.len() })?;
        if now.abs_diff(given) >= TIMESTAMP_WINDOW {
            return Err(InvalidRequest::Expired { given, now });
        }
        parameter("auth_signature").map(drop)
    }

    /// Checks the body against `body_md5`, because the signature covers only `body_md5`.
    ///
    /// # Errors
    /// When `body_md5` is not that of the body, or is missing although the body is not empty.
    pub fn check_body(&self, body: &[u8]) -> Result<(), InvalidRequest> {
        match self.query.get("body_md5") {
            // The official Python library sends the MD5 of an empty text with requests that have no body.
            Some(md5) if !is_md5(&md5, body) => Err(InvalidRequest::Body { size: body.len() }),
            None if !body.is_empty() => Err(InvalidRequest::Missing("body_md5")),
            _ => Ok(()),
        }
    }

    /// Checks the signature.
    ///
    /// # Errors
    /// [`InvalidRequest::Signature`] if it matches no form of the path and the parameters.
    pub fn verify(&self, secret: &Secret) -> Result<(), InvalidRequest> {
        self.verify_path(self.path, secret)
    }

    /// Does the same as [`verify`](Self::verify) for another path than the request's, to find out which path a peer has
    /// signed.
    ///
    /// # Errors
    /// [`InvalidRequest::Signature`] if it matches no form of the path and the parameters.
    pub fn verify_path(&self, path: &str, secret: &Secret) -> Result<(), InvalidRequest> {
        let signature = self.query.get("auth_signature").ok_or(InvalidRequest::Missing("auth_signature"))?;
        let given = Signature::parse(&signature).ok_or(InvalidRequest::Signature)?;
        let matches = |path: &str, parameters: &str| {
            Signature::sign(secret, &[self.method.as_bytes(), b"\n", path.as_bytes(), b"\n", parameters.as_bytes()])
                == given
        };
        let decoded = percent_decode_str(path).decode_utf8_lossy();
        let paths: &[&str] = if decoded == path { &[path] } else { &[path, &decoded] };
        // The first form is right for most libraries. Forms with the same text are signed once.
        let mut tried: Vec<String> = Vec::new();
        let readings = if self.query.is_plain() { &READINGS[..1] } else { &READINGS[..] };
        for &(value, join_lists) in readings {
            let parameters = self.parameters(value, join_lists);
            if tried.contains(&parameters) {
                continue;
            }
            if paths.iter().any(|path| matches(path, &parameters)) {
                return Ok(());
            }
            tried.push(parameters);
        }
        Err(InvalidRequest::Signature)
    }

    /// The parameters in the form in which they are signed: names in lower case, sorted, joined by `&`, without
    /// `auth_signature`.
    ///
    /// `value` converts each value. `join_lists` joins `k[0]=a&k[1]=b` to `k=a,b`, as the PHP library does.
    fn parameters(&self, value: ReadValue, join_lists: bool) -> String {
        let mut pairs: Vec<(Cow<'a, str>, Cow<'a, str>)> = Vec::with_capacity(self.query.pairs().len());
        for &(key, text) in self.query.pairs() {
            let key = to_lower_case(self.query.unescape(key));
            if key == "auth_signature" {
                continue;
            }
            if !join_lists {
                pairs.push((key, value(text)));
                continue;
            }
            let (name, is_list) = list_name(&key);
            match pairs.last_mut() {
                Some((last, joined)) if is_list && last == name => {
                    joined.to_mut().push(',');
                    joined.to_mut().push_str(&value(text));
                }
                _ => pairs.push((Cow::Owned(name.to_owned()), value(text))),
            }
        }
        pairs.sort_by(|(one, _), (other, _)| one.cmp(other));
        let mut text = String::with_capacity(pairs.iter().map(|(key, value)| key.len() + value.len() + 2).sum());
        for (key, value) in &pairs {
            if !text.is_empty() {
                text.push('&');
            }
            text.push_str(key);
            text.push('=');
            text.push_str(value);
        }
        text
    }
}

/// Libraries send names in lower case, which need no copy.
fn to_lower_case(name: Cow<'_, str>) -> Cow<'_, str> {
    let is_lower_case = name.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    if is_lower_case { name } else { Cow::Owned(name.to_lowercase()) }
}

fn percent_decode(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

/// True if `text` is the MD5 of `body` as hexadecimal digits in lower case.
fn is_md5(text: &str, body: &[u8]) -> bool {
    let mut digits = [0; 32];
    hex::encode_to_slice(Md5::digest(body), &mut digits).is_ok() && text.as_bytes() == digits
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_353_088_179;
    const BODY: &[u8] = br#"{"name":"foo","channels":["project-3"],"data":"{\"some\":\"data\"}"}"#;
    const QUERY: &str = "auth_key=278d425bdf160c739803&auth_timestamp=1353088179&auth_version=1.0\
        &body_md5=ec365a775a4cd0599faeb73354201b6f\
        &auth_signature=da454824c97ba181a32ccc17a72625ba02771f50b50e1e7430e47a1f3f457e6c";

    fn secret() -> Secret {
        Secret::parse("7ad3773142a6692b25b8").unwrap()
    }

    fn check(query: &str, body: &[u8], now: u64) -> Result<(), InvalidRequest> {
        let query = RequestQuery::parse(query);
        let request = HttpRequest { method: "POST", path: "/apps/3/events", query: &query };
        request.check(now).and_then(|()| request.verify(&secret())).and_then(|()| request.check_body(body))
    }

    /// Signs `text` like one of the libraries, and verifies the request that the library sends.
    fn signed(method: &str, path: &str, text: &str, sent_path: &str, sent: &str) -> Result<(), InvalidRequest> {
        let parts = [method, "\n", path, "\n", text].map(str::as_bytes);
        let query = format!("{sent}&auth_signature={}", Signature::sign(&secret(), &parts).to_hex());
        let query = RequestQuery::parse(&query);
        HttpRequest { method, path: sent_path, query: &query }.verify(&secret())
    }

    #[test]
    fn the_documented_vector() {
        assert_eq!(check(QUERY, BODY, NOW), Ok(()));
    }

    #[test]
    fn each_part_is_checked() {
        use InvalidRequest::{Body, Expired, Missing, Signature, Timestamp, Version};
        let with = |from: &str, to: &str| check(&QUERY.replace(from, to), BODY, NOW);
        assert_eq!(with("auth_version=1.0", "auth_version=1.1"), Err(Version { size: 3 }));
        assert_eq!(with("auth_version=1.0", "x=1"), Err(Missing("auth_version")));
        assert_eq!(with("auth_timestamp=1353088179", "x=1"), Err(Missing("auth_timestamp")));
        assert_eq!(with("=1353088179", "=now"), Err(Timestamp { size: 3 }));
        assert_eq!(with("ec365a", "000000"), Err(Signature));
        assert_eq!(with("auth_signature", "x"), Err(Missing("auth_signature")));
        assert_eq!(with("=da4548", "=000000"), Err(Signature));
        assert_eq!(with("auth_key", "auth_kex"), Err(Signature));
        assert_eq!(check(QUERY, &BODY[1..], NOW), Err(Body { size: BODY.len() - 1 }));
        assert_eq!(check(QUERY, b"", NOW), Err(Body { size: 0 }));
        for (now, result) in [(NOW + 599, Ok(())), (NOW - 599, Ok(()))] {
            assert_eq!(check(QUERY, BODY, now), result);
        }
        for now in [NOW + 600, NOW - 600] {
            assert_eq!(check(QUERY, BODY, now), Err(Expired { given: NOW, now }));
        }
    }

    #[test]
    fn a_body_needs_its_md5() {
        let checked = |query: &str, body: &[u8]| {
            HttpRequest { method: "POST", path: "/", query: &RequestQuery::parse(query) }.check_body(body)
        };
        assert_eq!(checked("", b"x"), Err(InvalidRequest::Missing("body_md5")));
        assert_eq!(checked("body_md5=0", b"x"), Err(InvalidRequest::Body { size: 1 }));
        assert_eq!(checked("", b""), Ok(()));
        assert_eq!(checked("body_md5=d41d8cd98f00b204e9800998ecf8427e", b""), Ok(()));
    }

    #[test]
    fn the_readings_of_the_libraries() {
        let path = "/apps/3/channels";
        // Node, Python and Go sign and send values unescaped; PHP and Ruby escape the values that they send.
        assert_eq!(signed("GET", path, "filter=a b", path, "filter=a%20b"), Ok(()));
        assert_eq!(signed("GET", path, "filter=a b", path, "filter=a+b"), Ok(()));
        assert_eq!(signed("GET", path, "filter=a+b", path, "filter=a+b"), Ok(()));
        assert_eq!(signed("GET", path, "filter=a%20b", path, "filter=a%20b"), Ok(()));
        // Names are sorted and in lower case.
        assert_eq!(signed("GET", path, "a=1&b=2", path, "B=2&a=1"), Ok(()));
        // PHP signs joined lists, the reference implementation signs their elements.
        assert_eq!(signed("GET", path, "a=1&k=x,y", path, "k[0]=x&k[1]=y&a=1"), Ok(()));
        assert_eq!(signed("GET", path, "a=1&k[]=x&k[]=y", path, "k%5B%5D=x&k[]=y&a=1"), Ok(()));
        // PHP signs the path before its HTTP client escapes it.
        assert_eq!(signed("POST", "/apps/3/users/a b/x", "a=1", "/apps/3/users/a%20b/x", "a=1"), Ok(()));
        assert_eq!(signed("POST", "/ws/apps/3/events", "a=1", "/apps/3/events", "a=1"), Err(InvalidRequest::Signature));
    }
}
