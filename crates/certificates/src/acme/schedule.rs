//! The times of attempts.

use std::time::Duration;

use clairon_acme::AcmeError;
use jiff::{SignedDuration, Timestamp};

use crate::ServerCertificate;

/// The first pause after a failure to reach the authority. It doubles with each further failure.
const UNAVAILABLE_PAUSE: Duration = Duration::from_secs(5);
/// The first pause after a refusal. The next attempt uses the other kind of challenge, so it is soon.
const FIRST_REFUSAL_PAUSE: Duration = Duration::from_secs(5);
/// The second pause after a refusal, which doubles then. Let's Encrypt allows five failures an hour.
const REFUSAL_PAUSE: Duration = Duration::from_mins(4);
/// The longest pause, unless the authority asks for a longer one.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);
/// The pause at the authority's rate limit if it asks for none.
const RATE_LIMIT_PAUSE: Duration = Duration::from_hours(1);

/// The time at which a certificate is to be renewed.
pub(super) fn renewal_time(certificate: &ServerCertificate, renew_days: u32) -> Timestamp {
    let lifetime = certificate.expires().duration_since(certificate.valid_from());
    let days = SignedDuration::from_hours(24 * i64::from(renew_days));
    // Otherwise a certificate that lives shorter than that would be renewed all the time.
    let before = days.min(lifetime / 3);
    certificate.expires().checked_sub(before).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The pause after the failure number `failures`, beginning with 1.
pub(super) fn pause(error: Option<&AcmeError>, failures: u32) -> Duration {
    let doubled = |first: Duration, times: u32| first.saturating_mul(1 << times.min(20)).min(LONGEST_PAUSE);
    match error {
        Some(AcmeError::RateLimited { pause, .. }) => pause.unwrap_or(RATE_LIMIT_PAUSE),
        Some(AcmeError::Unavailable { pause, .. }) => {
            pause.unwrap_or_default().max(doubled(UNAVAILABLE_PAUSE, failures.saturating_sub(1)))
        }
        _ if failures <= 1 => FIRST_REFUSAL_PAUSE,
        _ => doubled(REFUSAL_PAUSE, failures - 2),
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    fn certificate(from: (i32, u8, u8), to: (i32, u8, u8)) -> ServerCertificate {
        let mut params = CertificateParams::new(vec!["ws.test".to_owned()]).unwrap();
        params.not_before = date_time_ymd(from.0, from.1, from.2);
        params.not_after = date_time_ymd(to.0, to.1, to.2);
        let key = KeyPair::generate().unwrap();
        let chain = params.self_signed(&key).unwrap().pem();
        ServerCertificate::from_pem(chain.as_bytes(), key.serialize_pem().as_bytes()).unwrap()
    }

    #[test]
    fn a_certificate_is_renewed_before_it_expires() {
        let time = |certificate: &ServerCertificate, days| renewal_time(certificate, days).to_string();
        let long = certificate((2030, 1, 1), (2030, 4, 1));
        assert_eq!(time(&long, 30), "2030-03-02T00:00:00Z");
        assert_eq!(time(&long, 1), "2030-03-31T00:00:00Z");
        let short = certificate((2030, 1, 1), (2030, 1, 7));
        assert_eq!(time(&short, 30), "2030-01-05T00:00:00Z");
    }

    #[test]
    fn pauses_grow_and_the_authority_may_ask_for_longer_ones() {
        let unavailable = |pause| AcmeError::Unavailable { problem: String::new(), pause };
        let pauses = |error: &AcmeError| [1, 2, 3, 4, 40].map(|failures| pause(Some(error), failures).as_secs());
        assert_eq!(pauses(&unavailable(None)), [5, 10, 20, 40, 3_600]);
        assert_eq!(pauses(&unavailable(Some(Duration::from_hours(2)))), [7_200; 5]);
        assert_eq!(pauses(&AcmeError::Refused(String::new())), [5, 240, 480, 960, 3_600]);
        let limited = |pause| AcmeError::RateLimited { problem: String::new(), pause };
        assert_eq!(pauses(&limited(None)), [3_600; 5]);
        assert_eq!(pauses(&limited(Some(Duration::from_secs(3)))), [3; 5]);
    }
}
