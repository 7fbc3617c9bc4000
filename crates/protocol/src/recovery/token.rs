//! The token of a subscription that asked for recovery.

use std::fmt;

use subtle::ConstantTimeEq;

use crate::{AppId, ChannelName, Secret, auth::Signature, error::InvalidId};

/// The largest length of a token in bytes.
pub(crate) const TOKEN_BYTES: usize = 128;
/// The length of the code in a token: 128 bits as hexadecimal digits.
const CODE_CHARS: usize = 32;

/// The key of the codes in tokens. It outlives the process, and all nodes have the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoveryKey(Secret);

impl RecoveryKey {
    /// Takes a random text.
    ///
    /// # Errors
    /// Those of [`Secret::parse`].
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        Secret::parse(text).map(Self)
    }
}

/// The name of one life of one log, which is random. A log that begins anew has another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Epoch(u64);

impl Epoch {
    /// Makes a name of 64 random bits.
    #[must_use]
    pub const fn from_random(bits: u64) -> Self {
        Self(bits)
    }

    /// Parses what [`Display`](fmt::Display) prints.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_plain = text.len() == 16 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        u64::from_str_radix(text, 16).ok().filter(|_| is_plain).map(Self)
    }
}

impl fmt::Display for Epoch {
    /// Prints 16 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// What a token says: the events of which log its holder may get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecoveryToken {
    /// The log.
    pub epoch: Epoch,
    /// The lowest position from which its holder may continue. Earlier events are closed to the holder, which may not
    /// have been a subscriber then.
    pub bound: u64,
}

impl RecoveryToken {
    /// The token for a channel: `{epoch}.{bound}.{code}`. Clients take it as an opaque text.
    #[must_use]
    pub fn sign(&self, key: &RecoveryKey, app: &AppId, channel: &ChannelName) -> String {
        let Self { epoch, bound } = self;
        let claim = format!("{epoch}.{bound}");
        // The name of a channel is last, because it may have any character.
        let parts = ["recovery", app.as_str(), &claim, channel.as_str()].map(str::as_bytes);
        let [purpose, app, signed, channel] = parts;
        let code = Signature::sign(&key.0, &[purpose, b"\0", app, b"\0", signed, b"\0", channel]).to_hex();
        format!("{claim}.{}", &code[..CODE_CHARS])
    }

    /// Reads a token of this app and channel. `None` if it was not made by [`sign`](Self::sign) with this key. The
    /// comparison takes constant time.
    #[must_use]
    pub fn verify(text: &str, key: &RecoveryKey, app: &AppId, channel: &ChannelName) -> Option<Self> {
        if text.len() > TOKEN_BYTES {
            return None;
        }
        let mut parts = text.split('.');
        let (epoch, bound) = (Epoch::parse(parts.next()?)?, parts.next()?.parse().ok()?);
        let token = Self { epoch, bound };
        let is_genuine = token.sign(key, app, channel).as_bytes().ct_eq(text.as_bytes());
        bool::from(is_genuine).then_some(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    fn channel(name: &str) -> ChannelName {
        ChannelName::parse(name, &Limits::default()).unwrap()
    }

    #[test]
    fn a_token_is_good_for_its_app_channel_and_key() {
        let [key, other_key] = ["key", "other"].map(|text| RecoveryKey::parse(text).unwrap());
        let [app, other_app] = ["1", "2"].map(|id| AppId::parse(id).unwrap());
        let [name, other_name] = ["private-c", "private-d"].map(channel);
        let token = RecoveryToken { epoch: Epoch::from_random(u64::MAX), bound: u64::MAX };
        let text = token.sign(&key, &app, &name);
        assert!(text.len() <= TOKEN_BYTES, "{text}");
        let verify = |text: &str| RecoveryToken::verify(text, &key, &app, &name);
        assert_eq!(verify(&text), Some(token));
        assert_eq!(RecoveryToken::verify(&text, &other_key, &app, &name), None);
        assert_eq!(RecoveryToken::verify(&text, &key, &other_app, &name), None);
        assert_eq!(RecoveryToken::verify(&text, &key, &app, &other_name), None);
        // An id cannot be moved into the name of a channel.
        let user = channel("#server-to-user-a\0b");
        assert_ne!(token.sign(&key, &app, &user), token.sign(&key, &app, &channel("#server-to-user-b")));
    }

    #[test]
    fn a_changed_token_is_none() {
        let (key, app, name) = (RecoveryKey::parse("key").unwrap(), AppId::parse("1").unwrap(), channel("c"));
        let token = RecoveryToken { epoch: Epoch::from_random(0xABC), bound: 10 };
        let text = token.sign(&key, &app, &name);
        let code = &text[text.len() - CODE_CHARS..];
        insta::assert_snapshot!(text, @"0000000000000abc.10.536de43bd63bbd43b747ab7c05ed8142");
        for forged in [
            String::new(),
            ".".to_owned(),
            text.to_uppercase(),
            format!("{text} "),
            format!("{text}."),
            format!("0000000000000abc.9.{code}"),
            format!("0000000000000abc.010.{code}"),
            format!("0000000000000abc.+10.{code}"),
            format!("0000000000000abd.10.{code}"),
            format!("abc.10.{code}"),
            format!("0000000000000abc.10.{}", &code[..16]),
            "9".repeat(1_000_000),
        ] {
            assert_eq!(RecoveryToken::verify(&forged, &key, &app, &name), None, "{}", &forged[..forged.len().min(99)]);
        }
    }
}
