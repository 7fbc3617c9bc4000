//! Sessions of the dashboard, and the value of their cookie: role, expiry and signature.

use clairon_protocol::{Secret, auth::Signature};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// The name of the cookie.
pub const COOKIE: &str = "clairon_session";

/// What the signature is for, so that it cannot be one of something else.
const PURPOSE: &[u8] = b"clairon session\n";

/// What an operator may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    Admin,
    /// Read, except secrets.
    Viewer,
}

/// A session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// What the operator may do.
    pub role: Role,
    /// The end.
    pub expires_at: Timestamp,
}

/// Why a cookie is no session. The value is not repeated, because it may be a right one of another server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSession {
    /// It has not the form of a session.
    #[error("the session cookie ({size} bytes) has another form")]
    Form {
        /// The length of the value, in bytes.
        size: usize,
    },
    /// Its signature is not one of this server.
    #[error("the session cookie is not signed with the secrets of this server")]
    Signature,
    /// The session has ended.
    #[error("the session has expired")]
    Expired,
}

impl Role {
    /// The name, in cookies, answers and the log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Viewer => "viewer",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Admin, Self::Viewer].into_iter().find(|role| role.name() == text)
    }
}

impl Session {
    /// The value of the cookie: `ROLE.EXPIRY.SIGNATURE`, with the expiry in seconds since 1970.
    pub(super) fn sign(self, key: &Secret) -> String {
        let content = format!("{}.{}", self.role.name(), self.expires_at.as_second());
        let signature = signature(key, &content).to_hex();
        format!("{content}.{signature}")
    }

    /// Reads the value of a cookie.
    pub(super) fn verify(key: &Secret, value: &str, now: Timestamp) -> Result<Self, InvalidSession> {
        let malformed = InvalidSession::Form { size: value.len() };
        let (content, signed) = value.rsplit_once('.').ok_or(malformed)?;
        let signed = Signature::parse(signed).ok_or(malformed)?;
        if signed != signature(key, content) {
            return Err(InvalidSession::Signature);
        }
        let (role, expiry) = content.split_once('.').ok_or(malformed)?;
        let role = Role::parse(role).ok_or(malformed)?;
        let expires_at = expiry.parse().ok().and_then(|second| Timestamp::from_second(second).ok()).ok_or(malformed)?;
        if expires_at <= now {
            return Err(InvalidSession::Expired);
        }
        Ok(Self { role, expires_at })
    }
}

fn signature(key: &Secret, content: &str) -> Signature {
    Signature::sign(key, &[PURPOSE, content.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_session_is_what_was_signed_until_it_ends() {
        let [key, other] = ["one key", "another key"].map(|key| Secret::parse(key).unwrap());
        for role in [Role::Admin, Role::Viewer] {
            let session = Session { role, expires_at: at(1_000) };
            let value = session.sign(&key);
            assert_eq!(Session::verify(&key, &value, at(999)), Ok(session));
            assert_eq!(Session::verify(&key, &value, at(1_000)), Err(InvalidSession::Expired));
            assert_eq!(Session::verify(&other, &value, at(0)), Err(InvalidSession::Signature));
        }
    }

    #[test]
    fn a_changed_or_broken_value_is_no_session() {
        let key = Secret::parse("one key").unwrap();
        let value = Session { role: Role::Viewer, expires_at: at(1_000) }.sign(&key);
        for forged in [value.replace("viewer", "admin"), value.replace("1000", "9000"), value.replace("1000", "01000")]
        {
            assert_eq!(Session::verify(&key, &forged, at(0)), Err(InvalidSession::Signature), "{forged}");
        }
        let huge = format!("viewer.1000.{}", "a".repeat(10_000));
        for (end, _) in value.char_indices().chain([(value.len(), ' ')]) {
            let cut = &value[..end];
            assert_eq!(Session::verify(&key, cut, at(0)).is_ok(), cut == value, "{cut}");
        }
        for broken in ["", ".", "..", "a.b.c", &huge, &format!("{value}0"), &value.to_uppercase()] {
            assert!(Session::verify(&key, broken, at(0)).is_err(), "{broken}");
        }
        // Signed, but with a role or a time that is none.
        for content in ["root.1000", "admin", "admin.", "admin.x", "admin.99999999999999999999", "admin.1.2"] {
            let value = format!("{content}.{}", signature(&key, content).to_hex());
            let form = InvalidSession::Form { size: value.len() };
            assert_eq!(Session::verify(&key, &value, at(0)), Err(form), "{content}");
        }
    }
}
