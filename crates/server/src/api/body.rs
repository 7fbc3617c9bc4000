//! Reads the bodies of requests within their limits.

use std::{io::Read, time::Duration};

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use flate2::read::MultiGzDecoder;
use http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt;
use tokio::time::timeout;

use super::ApiError;
use crate::peer_text::start_of;

/// The time that a body has to arrive.
const PATIENCE: Duration = Duration::from_secs(30);
/// The number of bytes of a body that is too long which are read and dropped, so that its sender gets to read the
/// answer.
const DISCARDED_BYTES: usize = 16 << 20;

/// An unknown encoding is repeated up to this many characters.
const REPEATED_CHARS: usize = 200;

/// The largest body of a request that needs none, in bytes: libraries send `{}`.
pub(super) const EMPTY_BODY_BYTES: usize = 4_096;

/// The body of a request.
#[derive(Debug)]
pub struct RequestBody {
    /// The bytes that were sent.
    sent: Bytes,
    /// The decompressed body, if it was compressed.
    inflated: Option<Bytes>,
}

/// The encoding of a body (RFC 9110, 8.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    Identity,
    Gzip,
}

impl RequestBody {
    /// Reads a body of at most `limit` bytes, both as sent and decompressed.
    ///
    /// # Errors
    /// 415 for another encoding than gzip, 413 for a body that is too long, 408 for a late one, 400 for one that is
    /// truncated or not in its encoding.
    pub async fn read(headers: &HeaderMap, body: Body, limit: usize) -> Result<Self, ApiError> {
        let coding = Coding::of(headers)?;
        let sent = receive(headers, body, limit).await?;
        let inflated = (coding == Coding::Gzip && !sent.is_empty()).then(|| inflate(&sent, limit)).transpose()?;
        Ok(Self { sent, inflated })
    }

    /// Checks the sent bytes and, if that fails, the decompressed ones, because a library may compute the MD5 of
    /// either.
    ///
    /// # Errors
    /// The error of `check` if both fail.
    pub(crate) fn check<E>(&self, check: impl Fn(&[u8]) -> Result<(), E>) -> Result<(), E> {
        check(&self.sent).or_else(|error| self.inflated.as_ref().map_or(Err(error), |inflated| check(inflated)))
    }

    /// The decompressed body.
    pub fn into_bytes(self) -> Bytes {
        self.inflated.unwrap_or(self.sent)
    }
}

impl Coding {
    fn of(headers: &HeaderMap) -> Result<Self, ApiError> {
        let values = headers.get_all(header::CONTENT_ENCODING).iter();
        let texts: Vec<_> = values.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        let codings = texts.iter().flat_map(|text| text.split(',')).map(str::trim);
        let codings: Vec<&str> =
            codings.filter(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case("identity")).collect();
        match codings.as_slice() {
            [] => Ok(Self::Identity),
            // The two names are equivalent (8.4.1.3).
            [one] if ["gzip", "x-gzip"].iter().any(|gzip| one.eq_ignore_ascii_case(gzip)) => Ok(Self::Gzip),
            others => {
                let message = format!(
                    "The Content-Encoding of the body is {:?}, allowed is gzip, once, or none",
                    start_of(&others.join(", "), REPEATED_CHARS)
                );
                Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message))
            }
        }
    }
}

/// Reads a body of at most `limit` bytes.
async fn receive(headers: &HeaderMap, body: Body, limit: usize) -> Result<Bytes, ApiError> {
    let late = |_| ApiError::new(StatusCode::REQUEST_TIMEOUT, "The body of the request did not arrive in time");
    let (bytes, size) = timeout(PATIENCE, collect(body, limit)).await.map_err(late)??;
    if size <= limit {
        return Ok(bytes);
    }
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    Err(too_long(&declared.map_or_else(|| format!("at least {size} bytes"), |size| format!("{size} bytes")), limit))
}

fn too_long(size: &str, limit: usize) -> ApiError {
    let message = format!("The body of the request ({size}) exceeds the allowed maximum ({limit} bytes)");
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, message)
}

/// Reads a body. Beyond the limit nothing is stored, and only the size is returned.
async fn collect(mut body: Body, limit: usize) -> Result<(Bytes, usize), ApiError> {
    let (mut bytes, mut size) = (BytesMut::new(), 0);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| ApiError::bad_request("The body of the request broke off"))?;
        let Ok(data) = frame.into_data() else { continue };
        size += data.len();
        if size <= limit {
            bytes.extend_from_slice(&data);
        } else if size > limit + DISCARDED_BYTES {
            break;
        } else {
            bytes = BytesMut::new();
        }
    }
    Ok((bytes.freeze(), size))
}

/// Decompresses gzip, and stops one byte after the limit, because a few bytes can expand to very many.
fn inflate(sent: &[u8], limit: usize) -> Result<Bytes, ApiError> {
    let mut inflated = Vec::with_capacity(limit.min(sent.len().saturating_mul(4)));
    let bound = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    MultiGzDecoder::new(sent).take(bound).read_to_end(&mut inflated).map_err(|error| {
        ApiError::bad_request(format!("The body ({} bytes) is not valid gzip: {error}", sent.len()))
    })?;
    if inflated.len() > limit {
        return Err(too_long(&format!("{} bytes, inflated more than {limit}", sent.len()), limit));
    }
    Ok(inflated.into())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};
    use http::HeaderValue;

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn one_encoding_is_understood() {
        let coding = |values: &[&'static str]| {
            let pairs = values.iter().map(|value| (header::CONTENT_ENCODING, HeaderValue::from_static(value)));
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.append(name, value);
            }
            Coding::of(&headers).map_err(|error| error.status().as_u16())
        };
        for none in [&[][..], &[""], &["identity"], &["Identity", " , "]] {
            assert_eq!(coding(none), Ok(Coding::Identity), "{none:?}");
        }
        for gzip in [&["gzip"][..], &["GZIP"], &["x-gzip"], &["identity, gzip"], &["identity", "gzip"]] {
            assert_eq!(coding(gzip), Ok(Coding::Gzip), "{gzip:?}");
        }
        for other in [&["br"][..], &["deflate"], &["zstd"], &["compress"], &["gzip, gzip"], &["gzip", "br"], &["gz"]] {
            assert_eq!(coding(other), Err(415), "{other:?}");
        }
    }

    #[test]
    fn a_body_is_inflated_up_to_the_limit() {
        let text = b"one two three".repeat(10);
        assert_eq!(inflate(&gzip(&text), text.len()).unwrap(), text);
        assert_eq!(inflate(&[gzip(b"a"), gzip(b"b")].concat(), 2).unwrap(), "ab");
        assert_eq!(inflate(&gzip(&text), text.len() - 1).unwrap_err().status(), StatusCode::PAYLOAD_TOO_LARGE);
        let bomb = gzip(&vec![0; 50_000_000]);
        assert!(bomb.len() < 60_000);
        assert_eq!(inflate(&bomb, 1_000).unwrap_err().status(), StatusCode::PAYLOAD_TOO_LARGE);
        for broken in [&b"no gzip"[..], &gzip(&text)[..20], b"\x1f\x8b", &[gzip(b"a"), b"junk".to_vec()].concat()] {
            assert_eq!(inflate(broken, 1_000).unwrap_err().status(), StatusCode::BAD_REQUEST, "{broken:?}");
        }
    }
}
