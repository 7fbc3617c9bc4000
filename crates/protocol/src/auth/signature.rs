//! A signature: one HMAC-SHA256.

use std::fmt;

use hmac::Mac;
use subtle::ConstantTimeEq;

use crate::Secret;

/// An HMAC-SHA256, received or computed. Two signatures are compared in constant time.
#[derive(Clone, Copy)]
pub struct Signature([u8; 32]);

impl Signature {
    /// Signs the concatenation of the parts under `secret`.
    #[must_use]
    pub fn sign(secret: &Secret, parts: &[&[u8]]) -> Self {
        let mut mac = secret.hmac();
        for part in parts {
            mac.update(part);
        }
        Self(mac.finalize().into_bytes().into())
    }

    /// Reads 64 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).ok().map(|()| Self(bytes))
    }

    /// 64 hexadecimal digits, in lower case.
    #[must_use]
    pub fn to_hex(self) -> String {
        hex::encode(self.0)
    }
}

impl PartialEq for Signature {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Signature {}

impl fmt::Debug for Signature {
    /// Hides the value. A log that contained the right signature of a client's text would be a way to forge signatures.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature(…)")
    }
}
