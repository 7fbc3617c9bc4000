//! The passwords of the dashboard.

use std::fmt;

use argon2::{Argon2, Params, PasswordHash, PasswordVerifier};
use clairon_protocol::Secret;

use super::secret_text::is_secret;

/// The smallest number of characters of a plain password.
const MIN_CHARS: usize = 12;
/// The largest number of bytes of a plain password.
const MAX_BYTES: usize = 256;
/// The largest memory of a hash, in KiB: 256 MiB.
const MAX_MEMORY: u32 = 1 << 18;
/// The largest number of passes over the memory of a hash. Together with the memory it bounds the time of a comparison
/// to seconds.
const MAX_PASSES: u32 = 16;
/// What a hash begins with.
const HASH_START: &str = "$argon2";

/// A password of the dashboard, as it is or as an Argon2 hash (RFC 9106) in the PHC string format. `Debug` shows
/// neither.
#[derive(Clone)]
pub struct DashboardPassword(PasswordForm);

#[derive(Clone)]
enum PasswordForm {
    Plain(Secret),
    Hash { text: Box<str>, hash: Box<PasswordHash> },
}

/// A text that cannot be a password. The message does not repeat it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPassword {
    /// It has another length.
    #[error(
        "a password has {MIN_CHARS} characters or more, and {MAX_BYTES} bytes or fewer (this one has {chars} characters, \
         {bytes} bytes)"
    )]
    Length {
        /// Its number of characters.
        chars: usize,
        /// Its number of bytes.
        bytes: usize,
    },
    /// It contains a line break, a tab or another control character.
    #[error("a password has no control characters")]
    Character,
    /// It begins like a hash.
    #[error(
        "this begins with {HASH_START} and is no Argon2 hash in the PHC string format, such as \
         $argon2id$v=19$m=65536,t=4,p=1$SALT$HASH: a shell and an .env file need it in single quotes"
    )]
    Hash,
    /// A comparison with the hash would cost too much.
    #[error("a hash has at most m={MAX_MEMORY} (KiB) and t={MAX_PASSES} (this one has m={memory} and t={passes})")]
    Cost {
        /// Its memory in KiB.
        memory: u32,
        /// Its number of passes.
        passes: u32,
    },
}

impl DashboardPassword {
    /// Parses a plain password, or a hash with a bounded cost.
    ///
    /// # Errors
    /// The text is neither.
    pub fn parse(text: &str) -> Result<Self, InvalidPassword> {
        if text.starts_with(HASH_START) {
            return parse_hash(text).map(Self);
        }
        let (chars, bytes) = (text.chars().count(), text.len());
        if chars < MIN_CHARS || bytes > MAX_BYTES {
            return Err(InvalidPassword::Length { chars, bytes });
        }
        Secret::parse(text).map(|secret| Self(PasswordForm::Plain(secret))).map_err(|_| InvalidPassword::Character)
    }

    /// True if a comparison takes long, and memory.
    pub(super) const fn is_hashed(&self) -> bool {
        matches!(self.0, PasswordForm::Hash { .. })
    }

    /// The text of the setting.
    pub(super) fn expose(&self) -> &str {
        match &self.0 {
            PasswordForm::Plain(secret) => secret.expose(),
            PasswordForm::Hash { text, .. } => text,
        }
    }

    /// The password, to hide it in texts. A hash is no secret that a peer could send.
    pub(crate) const fn secret(&self) -> Option<&Secret> {
        match &self.0 {
            PasswordForm::Plain(secret) => Some(secret),
            PasswordForm::Hash { .. } => None,
        }
    }

    /// True if `given` is the password. With a hash this takes long.
    pub(super) fn matches(&self, given: &str) -> bool {
        match &self.0 {
            PasswordForm::Plain(secret) => is_secret(secret, given),
            PasswordForm::Hash { hash, .. } => {
                Argon2::default().verify_password(given.as_bytes(), hash.as_ref()).is_ok()
            }
        }
    }
}

fn parse_hash(text: &str) -> Result<PasswordForm, InvalidPassword> {
    let hash = PasswordHash::new(text).map_err(|_| InvalidPassword::Hash)?;
    let is_known = argon2::Algorithm::try_from(hash.algorithm.as_str()).is_ok();
    let params = Params::try_from(&hash).map_err(|_| InvalidPassword::Hash)?;
    if !is_known || hash.salt.is_none() || hash.hash.is_none() {
        return Err(InvalidPassword::Hash);
    }
    let (memory, passes) = (params.m_cost(), params.t_cost());
    if memory > MAX_MEMORY || passes > MAX_PASSES {
        return Err(InvalidPassword::Cost { memory, passes });
    }
    Ok(PasswordForm::Hash { text: text.into(), hash: Box::new(hash) })
}

/// Two hashes of one password are not equal.
impl PartialEq for DashboardPassword {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl fmt::Debug for DashboardPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DashboardPassword(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of the password `correct horse battery`, as `password_hash($password, PASSWORD_ARGON2ID)` of PHP writes it, with
    /// a cost that suits a test.
    const HASHED: &str =
        "$argon2id$v=19$m=64,t=2,p=1$bndULjZZN25QT1JPdUJDMw$fD4bMB8DMfG6agMzFRFbJ5pr1LYIRTs1Kr5bHZ/1cKw";

    #[test]
    fn a_plain_password_is_long() {
        let password = DashboardPassword::parse("correct horse").unwrap();
        assert!(password.matches("correct horse") && !password.matches("correct horsE") && !password.is_hashed());
        assert_eq!(format!("{password:?}"), "DashboardPassword(…)");
        let wrong = |text: &str| DashboardPassword::parse(text).unwrap_err();
        assert_eq!(wrong("hunter2"), InvalidPassword::Length { chars: 7, bytes: 7 });
        assert_eq!(wrong("ÄÖÜäöüßÄÖÜä"), InvalidPassword::Length { chars: 11, bytes: 22 });
        assert_eq!(wrong(&"x".repeat(257)), InvalidPassword::Length { chars: 257, bytes: 257 });
        assert_eq!(wrong("correct\nhorse"), InvalidPassword::Character);
    }

    #[test]
    fn a_hash_of_another_program_is_verified() {
        let password = DashboardPassword::parse(HASHED).unwrap();
        assert!(password.is_hashed() && password.secret().is_none());
        assert!(password.matches("correct horse battery"));
        assert!(!password.matches("correct horse") && !password.matches(HASHED));
        assert!(!format!("{password:?}").contains("argon2"));
    }

    #[test]
    fn a_broken_or_dear_hash_is_refused() {
        let wrong = |text: &str| DashboardPassword::parse(text).unwrap_err();
        for text in [
            "$argon2",
            // A shell has replaced the variables.
            "$argon2id=19=65536,t=4,p=1",
            "$argon2id$v=19$m=64,t=1,p=1",
            "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ",
            "$argon2x$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
            "$argon2id$v=19$m=64,t=0,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
        ] {
            assert_eq!(wrong(text), InvalidPassword::Hash, "{text}");
        }
        let cost =
            |memory, passes| format!("$argon2id$v=19$m={memory},t={passes},p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA");
        assert!(DashboardPassword::parse(&cost(262_144, 16)).is_ok());
        assert_eq!(wrong(&cost(262_145, 1)), InvalidPassword::Cost { memory: 262_145, passes: 1 });
        assert_eq!(wrong(&cost(64, 17)), InvalidPassword::Cost { memory: 64, passes: 17 });
    }
}
