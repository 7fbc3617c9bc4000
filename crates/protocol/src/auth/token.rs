//! The `auth` of a subscription or a sign-in: `key:signature`.

use super::Signature;
use crate::{Secret, SocketId};

/// The app's key and a signature. The client has got both from its app's backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthToken<'a> {
    /// The key. It is the app's key unless the backend is misconfigured.
    pub key: &'a str,
    /// The signature.
    pub signature: Signature,
}

/// The reason why an `auth` is refused. The messages go to the client and contain nothing that it does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// There is no `auth`, and the channel requires one.
    #[error("Missing parameter: data.auth")]
    Missing,
    /// It is not `key:signature`, or the signature is not 64 hexadecimal digits.
    #[error("Invalid auth: expected `<key>:<signature>` with 64 hexadecimal digits, got {size} bytes of another form")]
    Form {
        /// Its length in bytes.
        size: usize,
    },
    /// The key is not a key of the app that the client is connected to.
    #[error("Invalid key in subscription auth data")]
    Key,
    /// The key is right, but the signature is wrong.
    #[error("Invalid signature: it is not the signature of this socket id, name and data under the app's secret")]
    Signature,
}

impl<'a> AuthToken<'a> {
    /// Parses `key:signature`.
    ///
    /// # Errors
    /// When the text is missing, empty, or of another form.
    pub fn parse(auth: Option<&'a str>) -> Result<Self, InvalidToken> {
        let text = auth.filter(|text| !text.is_empty()).ok_or(InvalidToken::Missing)?;
        text.split_once(':')
            .and_then(|(key, signature)| Some(Self { key, signature: Signature::parse(signature)? }))
            .ok_or(InvalidToken::Form { size: text.len() })
    }

    /// Checks the key and the signature.
    ///
    /// # Errors
    /// When one of them is not the expected one.
    pub fn verify(&self, key: &str, expected: &Signature) -> Result<(), InvalidToken> {
        // No constant-time comparison: the key is public, it is in the URL of the same connection.
        if self.key != key {
            Err(InvalidToken::Key)
        } else if self.signature != *expected {
            Err(InvalidToken::Signature)
        } else {
            Ok(())
        }
    }
}

/// The expected signature of a subscription. `channel_data` is part of the signed text whenever it is sent, for private
/// channels too.
#[must_use]
pub fn subscription_signature(
    secret: &Secret,
    socket_id: SocketId,
    channel: &str,
    channel_data: Option<&str>,
) -> Signature {
    let (colon, data) = channel_data.map_or(("", ""), |data| (":", data));
    Signature::sign(secret, &[&socket_id.text(), ":", channel, colon, data].map(str::as_bytes))
}

/// The expected signature of a sign-in.
#[must_use]
pub fn user_signature(secret: &Secret, socket_id: SocketId, user_data: &str) -> Signature {
    Signature::sign(secret, &[socket_id.text().as_bytes(), b"::user::", user_data.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples in Pusher's documentation of authentication signatures.
    #[test]
    fn the_documented_vectors() {
        let secret = Secret::parse("7ad3773142a6692b25b8").unwrap();
        let socket_id: SocketId = "1234.1234".parse().unwrap();
        let check = |signature: Signature, hex: &str| assert!(Some(signature) == Signature::parse(hex), "{hex}");
        check(
            subscription_signature(&secret, socket_id, "private-foobar", None),
            "58df8b0c36d6982b82c3ecf6b4662e34fe8c25bba48f5369f135bf843651c3a4",
        );
        let presence = |name: &str| {
            let member = format!(r#"{{"user_id":10,"user_info":{{"name":"{name}"}}}}"#);
            subscription_signature(&secret, socket_id, "presence-foobar", Some(&member))
        };
        check(presence("Mr. Channels"), "31935e7d86dba64c2a90aed31fdc61869f9b22ba9d8863bba239c03ca481bc80");
        check(presence("Mr. Pusher"), "afaed3695da2ffd16931f457e338e6c9f2921fa133ce7dac49f529792be6304c");
        check(
            user_signature(&secret, socket_id, r#"{"id":"12345"}"#),
            "4708d583dada6a56435fb8bc611c77c359a31eebde13337c16ab43aa6de336ba",
        );
    }

    #[test]
    fn a_token_is_checked_part_by_part() {
        let good = Signature::sign(&Secret::parse("s").unwrap(), &[b"x"]);
        let other = format!("k:{}", "0".repeat(64));
        let token = AuthToken::parse(Some(&other)).unwrap();
        assert_eq!(token.verify("other", &good), Err(InvalidToken::Key));
        assert_eq!(token.verify("k", &good), Err(InvalidToken::Signature));
        assert_eq!(token.verify("k", &token.signature), Ok(()));
        for missing in [None, Some("")] {
            assert_eq!(AuthToken::parse(missing), Err(InvalidToken::Missing));
        }
        for text in ["k", ":", "k:", "k:xyz", &format!("k:{}", "0".repeat(66))] {
            assert_eq!(AuthToken::parse(Some(text)), Err(InvalidToken::Form { size: text.len() }));
        }
    }
}
