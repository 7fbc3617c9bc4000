//! The key that signs sessions.

use argon2::Argon2;
use clairon_protocol::Secret;
use clairon_registry::random_hex;
use jiff::Timestamp;

use super::{
    known_browser,
    session::{InvalidSession, Session},
};

/// The size of a key in bytes.
const KEY_BYTES: usize = 32;

/// The salt of derived keys. It is the same on all nodes, so that they have the same key.
const SALT: &[u8] = b"clairon dashboard session";

/// The key that signs sessions and marks of browsers. `Debug` does not show it.
#[derive(Debug)]
pub(super) struct SessionKey(Secret);

impl SessionKey {
    /// A key for this process alone.
    pub(super) fn random() -> Self {
        Self::of_hex(&random_hex::<KEY_BYTES>())
    }

    /// The key that follows from the secrets of the settings. Another secret in any place gives another key, which ends
    /// all sessions.
    ///
    /// It takes as long as hashing a password: a viewer knows a signature and one of the secrets, and must not guess
    /// the others faster than by signing in.
    #[expect(clippy::expect_used, reason = "the parameters are those of the library, and a key of 32 bytes is allowed")]
    pub(super) fn derive(secrets: &[Option<String>]) -> Self {
        let mut material = Vec::new();
        for secret in secrets {
            let length = secret.as_ref().map_or(-1, |secret| i64::try_from(secret.len()).unwrap_or(i64::MAX));
            material.extend_from_slice(&length.to_le_bytes());
            material.extend_from_slice(secret.as_deref().unwrap_or_default().as_bytes());
        }
        let mut key = [0; KEY_BYTES];
        Argon2::default().hash_password_into(&material, SALT, &mut key).expect("parameters of the library");
        Self::of_hex(&hex::encode(key))
    }

    #[expect(clippy::expect_used, reason = "hexadecimal digits are a secret")]
    fn of_hex(hex: &str) -> Self {
        Self(Secret::parse(hex).expect("hexadecimal digits are a secret"))
    }

    pub(super) fn sign(&self, session: Session) -> String {
        session.sign(&self.0)
    }

    pub(super) fn verify(&self, cookie: &str, now: Timestamp) -> Result<Session, InvalidSession> {
        Session::verify(&self.0, cookie, now)
    }

    pub(super) fn mark(&self, now: Timestamp) -> String {
        known_browser::sign(&self.0, now)
    }

    pub(super) fn is_mark(&self, cookie: &str, now: Timestamp) -> bool {
        known_browser::is_valid(&self.0, cookie, now)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_key_follows_from_all_secrets() {
        let secret = |text: &str| Some(text.to_owned());
        let key = |secrets: &[Option<String>]| SessionKey::derive(secrets).0.expose().to_owned();
        let keys = [
            key(&[None, secret("a"), None]),
            key(&[secret("a"), None, None]),
            key(&[None, secret("a"), secret("b")]),
            key(&[None, secret("ab"), None]),
            key(&[None, secret("a"), secret("")]),
            SessionKey::random().0.expose().to_owned(),
            SessionKey::random().0.expose().to_owned(),
        ];
        assert_eq!(HashSet::from(keys.clone()).len(), keys.len());
        assert_eq!(key(&[None, secret("a"), None]), keys[0]);
    }
}
