//! The mark of a browser in which an operator has signed in: a signed cookie that outlives the session. It gives no
//! access. While passwords are guessed from many addresses, it tells an operator's browser from those of others.

use clairon_protocol::{Secret, auth::Signature};
use jiff::{SignedDuration, Timestamp};

/// The name of the cookie.
pub const MARK_COOKIE: &str = "clairon_known";

/// The time for which a mark is valid after the last sign-in.
pub const MARK_LIFETIME: SignedDuration = SignedDuration::from_hours(90 * 24);

/// What the signature is for, so that it cannot be one of something else.
const PURPOSE: &[u8] = b"clairon known browser\n";

/// The value of the cookie: `EXPIRY.SIGNATURE`, with the expiry in seconds since 1970.
pub(super) fn sign(key: &Secret, now: Timestamp) -> String {
    let expiry = now.checked_add(MARK_LIFETIME).unwrap_or(Timestamp::MAX).as_second().to_string();
    let signature = signature(key, &expiry).to_hex();
    format!("{expiry}.{signature}")
}

/// True if the value of a cookie is a valid mark.
pub(super) fn is_valid(key: &Secret, value: &str, now: Timestamp) -> bool {
    let Some((expiry, signed)) = value.split_once('.') else { return false };
    Signature::parse(signed).is_some_and(|signed| signed == signature(key, expiry))
        && expiry.parse().is_ok_and(|expiry: i64| expiry > now.as_second())
}

fn signature(key: &Secret, expiry: &str) -> Signature {
    Signature::sign(key, &[PURPOSE, expiry.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_what_was_signed_for_ninety_days() {
        let [key, other] = ["one key", "another key"].map(|key| Secret::parse(key).unwrap());
        let days = |days: i64| Timestamp::from_second(days * 86_400).unwrap();
        let mark = sign(&key, days(10));
        assert!(is_valid(&key, &mark, days(10)) && is_valid(&key, &mark, days(99)));
        assert!(!is_valid(&key, &mark, days(100)) && !is_valid(&other, &mark, days(10)));
        let (expiry, signed) = mark.split_once('.').unwrap();
        for forged in ["", ".", expiry, signed, &format!("9{mark}"), &format!("{mark}.0"), &format!("{expiry}.")] {
            assert!(!is_valid(&key, forged, days(10)), "{forged}");
        }
    }
}
