//! Encrypted channels, as the Pusher libraries have them: `NaCl`'s secretbox, under a key for each channel.

use std::{fmt, str::FromStr};

use base64::{Engine, prelude::BASE64_STANDARD};
use crypto_secretbox::{
    Key, Nonce, XSalsa20Poly1305,
    aead::{Aead, KeyInit},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// What the names of encrypted channels begin with.
const PREFIX: &str = "private-encrypted-";

/// The key that an app's backend makes the keys of channels of. It is not printed.
#[derive(Clone)]
pub(crate) struct MasterKey([u8; 32]);

impl FromStr for MasterKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bytes = BASE64_STANDARD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        let size = text.len();
        bytes.map(Self).ok_or_else(|| format!("expected 32 bytes in Base64, got {size} bytes of something else"))
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

pub(crate) fn is_encrypted(channel: &str) -> bool {
    channel.starts_with(PREFIX)
}

impl MasterKey {
    /// What subscribers of the channel get in place of `data`.
    pub(crate) fn encrypt(&self, channel: &str, data: &str) -> Result<String, &'static str> {
        let nonce: [u8; 24] = rand::random();
        let sealed = self.of(channel).encrypt(&Nonce::from(nonce), data.as_bytes());
        let sealed = sealed.map_err(|_| "the data cannot be encrypted")?;
        let [nonce, ciphertext] = [&nonce[..], &sealed].map(|bytes| BASE64_STANDARD.encode(bytes));
        Ok(json!({"nonce": nonce, "ciphertext": ciphertext}).to_string())
    }

    /// What was encrypted for the channel's subscribers.
    pub(crate) fn decrypt(&self, channel: &str, data: &str) -> Result<String, &'static str> {
        let sealed: Value = serde_json::from_str(data).unwrap_or_default();
        let part = |name: &str| BASE64_STANDARD.decode(sealed[name].as_str()?).ok();
        let nonce: Option<[u8; 24]> = part("nonce").and_then(|nonce| nonce.try_into().ok());
        let (Some(nonce), Some(ciphertext)) = (nonce, part("ciphertext")) else {
            return Err("the data is not encrypted");
        };
        let opened = self.of(channel).decrypt(&Nonce::from(nonce), ciphertext.as_slice());
        let opened = opened.map_err(|_| "the data was encrypted with another master key")?;
        String::from_utf8(opened).map_err(|_| "the data is no text")
    }

    fn of(&self, channel: &str) -> XSalsa20Poly1305 {
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
        assert_eq!(key.decrypt("private-encrypted-b", &sealed), Err("the data was encrypted with another master key"));
        assert_eq!(key.decrypt("private-encrypted-a", "{}"), Err("the data is not encrypted"));
    }

    #[test]
    fn a_key_has_32_bytes() {
        assert!("AAAA".parse::<MasterKey>().unwrap_err().contains("got 4 bytes"));
        assert_eq!(format!("{:?}", MasterKey([1; 32])), "MasterKey(…)");
    }
}
