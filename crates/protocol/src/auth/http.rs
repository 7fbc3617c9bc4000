//! The signature of a request to the HTTP API.
//!
//! A request is signed over its method, its path and its sorted parameters; the body takes part through `body_md5`.
//! Libraries disagree on how values and paths are escaped before they are signed, so a few readings are tried.

use std::borrow::Cow;

use md5::{Digest, Md5};
use percent_encoding::percent_decode_str;

use super::{RequestQuery, Signature, query::list_name, query::unescape};
use crate::Secret;

/// How far from the server's time a request's `auth_timestamp` may be, in seconds; this far is too far.
const TIMESTAMP_WINDOW: u64 = 600;

/// How many parameters a request may have behind its `?`, those of the signature included. All readings of a signature
/// sort and join them, so a request with more is to be refused before it is verified.
pub const MAX_PARAMETERS: usize = 100;

/// Reads one value.
type ReadValue = fn(&str) -> Cow<'_, str>;

/// How values may have been read before they were signed, and whether lists were joined: decoded, decoded but for `+`,
/// as they were sent, and decoded with lists joined.
const READINGS: [(ReadValue, bool); 4] =
    [(unescape, false), (percent_decode, false), (|text| Cow::Borrowed(text), false), (unescape, true)];

/// A request that carries a signature, not checked yet.
#[derive(Clone, Copy, Debug)]
pub struct HttpRequest<'a> {
    /// `GET` or `POST`.
    pub method: &'a str,
    /// The path as received, without the server's own prefix, which no library signs.
    pub path: &'a str,
    /// The parameters.
    pub query: &'a RequestQuery<'a>,
}

/// Why a request is not taken. The messages go to the backend and hold nothing that it does not know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRequest {
    /// A parameter is not there.
    #[error("Missing parameter: {0}")]
    Missing(&'static str),
    /// A version of the signature that does not exist.
    #[error("Invalid auth_version ({size} bytes): expected 1.0")]
    Version {
        /// Its length in bytes.
        size: usize,
    },
    /// Not a number of seconds.
    #[error("Invalid auth_timestamp ({size} bytes): expected seconds since 1970")]
    Timestamp {
        /// Its length in bytes.
        size: usize,
    },
    /// Too old, or from the future. The text is Pusher's.
    #[error("Timestamp expired: Given timestamp ({given}) not within {TIMESTAMP_WINDOW}s of server time ({now})")]
    Expired {
        /// What the request says, in seconds since 1970.
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
    /// The signature is not the right one, in any reading.
    #[error("Invalid signature: it does not match what the app's secret makes of this method, path and parameters")]
    Signature,
}

impl<'a> HttpRequest<'a> {
    /// Checks what needs neither the secret nor the body: that everything is there, the version, and the age.
    ///
    /// # Errors
    /// Names the first thing that is wrong.
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

    /// Checks that a body is the one that was signed: the signature itself covers `body_md5` only.
    ///
    /// # Errors
    /// Where `body_md5` is not that of the body, or is missing and the body is not empty.
    pub fn check_body(&self, body: &[u8]) -> Result<(), InvalidRequest> {
        match self.query.get("body_md5") {
            // The official Python library sends the MD5 of nothing along with requests that have no body.
            Some(md5) if md5 != hex::encode(Md5::digest(body)) => Err(InvalidRequest::Body { size: body.len() }),
            None if !body.is_empty() => Err(InvalidRequest::Missing("body_md5")),
            _ => Ok(()),
        }
    }

    /// Checks the signature.
    ///
    /// # Errors
    /// [`InvalidRequest::Signature`] where no reading of path and parameters gives it.
    pub fn verify(&self, secret: &Secret) -> Result<(), InvalidRequest> {
        self.verify_path(self.path, secret)
    }

    /// Like [`verify`](Self::verify), for another path than that of the request: to find out what a peer did sign.
    ///
    /// # Errors
    /// [`InvalidRequest::Signature`] where no reading of path and parameters gives it.
    pub fn verify_path(&self, path: &str, secret: &Secret) -> Result<(), InvalidRequest> {
        let signature = self.query.get("auth_signature").ok_or(InvalidRequest::Missing("auth_signature"))?;
        let given = Signature::parse(&signature).ok_or(InvalidRequest::Signature)?;
        let matches = |path: &str, parameters: &str| {
            Signature::sign(secret, &[self.method.as_bytes(), b"\n", path.as_bytes(), b"\n", parameters.as_bytes()])
                == given
        };
        let decoded = percent_decode_str(path).decode_utf8_lossy();
        let paths: &[&str] = if decoded == path { &[path] } else { &[path, &decoded] };
        // The first reading is right for most; a signature is computed once for each text that they give.
        let mut tried: Vec<String> = Vec::new();
        for (value, join_lists) in READINGS {
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

    /// The parameters as they are signed: names in lower case, sorted, joined by `&`, without the signature itself.
    ///
    /// `value` reads a value; `join_lists` makes `k=a,b` of `k[0]=a&k[1]=b`, as the PHP library signs lists.
    fn parameters(&self, value: ReadValue, join_lists: bool) -> String {
        let mut pairs: Vec<(String, Cow<'a, str>)> = Vec::with_capacity(self.query.pairs().len());
        for &(key, text) in self.query.pairs() {
            let key = unescape(key).to_lowercase();
            let (name, is_list) = list_name(&key);
            if key == "auth_signature" {
                continue;
            }
            match pairs.last_mut() {
                Some((last, joined)) if join_lists && is_list && last == name => {
                    joined.to_mut().push(',');
                    joined.to_mut().push_str(&value(text));
                }
                _ => pairs.push((if join_lists { name.to_owned() } else { key }, value(text))),
            }
        }
        pairs.sort_by(|(one, _), (other, _)| one.cmp(other));
        pairs.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("&")
    }
}

fn percent_decode(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
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

    /// Signs `text` as one of the libraries would, and asks for the request that it sends.
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
        // node, py and go sign and send values as they are; php and ruby escape what they send.
        assert_eq!(signed("GET", path, "filter=a b", path, "filter=a%20b"), Ok(()));
        assert_eq!(signed("GET", path, "filter=a b", path, "filter=a+b"), Ok(()));
        assert_eq!(signed("GET", path, "filter=a+b", path, "filter=a+b"), Ok(()));
        assert_eq!(signed("GET", path, "filter=a%20b", path, "filter=a%20b"), Ok(()));
        // Names are sorted and in lower case.
        assert_eq!(signed("GET", path, "a=1&b=2", path, "B=2&a=1"), Ok(()));
        // php signs lists joined, the reference implementation as they are.
        assert_eq!(signed("GET", path, "a=1&k=x,y", path, "k[0]=x&k[1]=y&a=1"), Ok(()));
        assert_eq!(signed("GET", path, "a=1&k[]=x&k[]=y", path, "k%5B%5D=x&k[]=y&a=1"), Ok(()));
        // php signs the path before its HTTP client escapes it.
        assert_eq!(signed("POST", "/apps/3/users/a b/x", "a=1", "/apps/3/users/a%20b/x", "a=1"), Ok(()));
        assert_eq!(signed("POST", "/ws/apps/3/events", "a=1", "/apps/3/events", "a=1"), Err(InvalidRequest::Signature));
    }
}
