//! The master key of encrypted channels. Data is encrypted with `NaCl`'s secretbox under a key for each channel, like
//! in the Pusher libraries.

use std::{fmt, str::FromStr, string::FromUtf8Error};

use base64::{Engine, prelude::BASE64_STANDARD};
use crypto_secretbox::{
    Key, Nonce, XSalsa20Poly1305,
    aead::{Aead, KeyInit},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The start of the names of encrypted channels.
const PREFIX: &str = "private-encrypted-";

/// The key from which the key of each encrypted channel is derived. `Debug` does not show it.
#[derive(Clone)]
pub(crate) struct MasterKey([u8; 32]);

/// A text that is not a master key. The message does not show the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected 32 bytes in Base64, got {size} bytes of something else")]
pub(crate) struct InvalidMasterKey {
    size: usize,
}

/// The reason why data cannot be encrypted or decrypted.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EncryptionError {
    #[error("the data cannot be encrypted")]
    Encrypt,
    #[error("the data is not encrypted")]
    NotEncrypted,
    #[error("the data was encrypted with another master key")]
    OtherKey,
    #[error("the data is not text")]
    NotText(#[source] FromUtf8Error),
}

impl FromStr for MasterKey {
    type Err = InvalidMasterKey;

    fn from_str(text: &str) -> Result<Self, InvalidMasterKey> {
        let bytes = BASE64_STANDARD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or(InvalidMasterKey { size: text.len() })
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

pub(super) fn is_encrypted(channel: &str) -> bool {
    channel.starts_with(PREFIX)
}

impl MasterKey {
    /// The data that replaces `data` in an event on the channel.
    pub(super) fn encrypt(&self, channel: &str, data: &str) -> Result<String, EncryptionError> {
        let nonce: [u8; 24] = rand::random();
        let sealed = self.cipher(channel).encrypt(&Nonce::from(nonce), data.as_bytes());
        let sealed = sealed.map_err(|_| EncryptionError::Encrypt)?;
        let [nonce, ciphertext] = [&nonce[..], &sealed].map(|bytes| BASE64_STANDARD.encode(bytes));
        Ok(json!({"nonce": nonce, "ciphertext": ciphertext}).to_string())
    }

    /// Decrypts the result of [`encrypt`](Self::encrypt).
    pub(super) fn decrypt(&self, channel: &str, data: &str) -> Result<String, EncryptionError> {
        let sealed: Value = serde_json::from_str(data).unwrap_or_default();
        let part = |name: &str| BASE64_STANDARD.decode(sealed[name].as_str()?).ok();
        let nonce: Option<[u8; 24]> = part("nonce").and_then(|nonce| nonce.try_into().ok());
        let (Some(nonce), Some(ciphertext)) = (nonce, part("ciphertext")) else {
            return Err(EncryptionError::NotEncrypted);
        };
        let opened = self.cipher(channel).decrypt(&Nonce::from(nonce), ciphertext.as_slice());
        String::from_utf8(opened.map_err(|_| EncryptionError::OtherKey)?).map_err(EncryptionError::NotText)
    }

    /// The cipher of a channel, under the SHA-256 of the channel's name and the master key.
    fn cipher(&self, channel: &str) -> XSalsa20Poly1305 {
        let key: [u8; 32] = Sha256::new().chain_update(channel).chain_update(self.0).finalize().into();
        XSalsa20Poly1305::new(&Key::from(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encrypted_is_decrypted() {
        let key: MasterKey = BASE64_STANDARD.encode([7; 32]).parse().unwrap();
        let sealed = key.encrypt("private-encrypted-a", "hello").unwrap();
        assert!(!sealed.contains("hello"));
        assert_eq!(key.decrypt("private-encrypted-a", &sealed).as_deref(), Ok("hello"));
        assert_eq!(key.decrypt("private-encrypted-b", &sealed), Err(EncryptionError::OtherKey));
        assert_eq!(key.decrypt("private-encrypted-a", "{}"), Err(EncryptionError::NotEncrypted));
    }

    #[test]
    fn a_key_has_32_bytes() {
        assert_eq!("AAAA".parse::<MasterKey>().unwrap_err(), InvalidMasterKey { size: 4 });
        assert_eq!(format!("{:?}", MasterKey([1; 32])), "MasterKey(…)");
    }
}
