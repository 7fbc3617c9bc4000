//! Comparison of secrets of any length.

use clairon_protocol::{Secret, auth::Signature};

/// True if `given` is the secret. The time depends on the length of `given` alone: two signatures are compared, which
/// are equal only for equal texts.
pub(super) fn is_secret(secret: &Secret, given: &str) -> bool {
    let signed = |text: &str| Signature::sign(secret, &[text.as_bytes()]);
    signed(given) == signed(secret.expose())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_secret_is_the_secret() {
        let secret = Secret::parse("correct horse").unwrap();
        assert!(is_secret(&secret, "correct horse"));
        for given in ["", "correct", "correct horse ", "correct horse\0", "Correct horse", &"x".repeat(100_000)] {
            assert!(!is_secret(&secret, given), "{} bytes", given.len());
        }
    }
}
