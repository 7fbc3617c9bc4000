//! The challenges that this node answers for all.

use std::{collections::HashMap, sync::Arc};

use arc_swap::ArcSwap;
use clairon_acme::challenge_certificate;
use clairon_registry::AcmeChallenge;
use rustls::sign::CertifiedKey;
use tracing::warn;

/// The challenges that wait for the authority, and the answers to both kinds.
#[derive(Debug, Default)]
pub struct PendingChallenges(ArcSwap<Vec<Answer>>);

#[derive(Debug)]
struct Answer {
    challenge: AcmeChallenge,
    certificate: Arc<CertifiedKey>,
}

impl PendingChallenges {
    /// Replaces all challenges.
    pub(super) fn set(&self, challenges: &[AcmeChallenge]) {
        let present = self.0.load();
        let known: HashMap<_, _> = present.iter().map(|answer| (&answer.challenge.token, answer)).collect();
        let answer = |challenge: &AcmeChallenge| match known.get(&challenge.token) {
            Some(answer) => Some(Answer { challenge: challenge.clone(), certificate: answer.certificate.clone() }),
            None => match challenge_certificate(&challenge.domain, &challenge.key_authorization) {
                Ok(certificate) => Some(Answer { challenge: challenge.clone(), certificate: Arc::new(certificate) }),
                Err(error) => {
                    warn!(domain = challenge.domain, %error, "a challenge of ACME cannot be answered");
                    None
                }
            },
        };
        self.0.store(Arc::new(challenges.iter().filter_map(answer).collect()));
    }

    /// The certificate for a handshake of TLS-ALPN-01.
    pub(crate) fn certificate(&self, host: &str) -> Option<Arc<CertifiedKey>> {
        let answers = self.0.load();
        let answer = answers.iter().find(|answer| answer.challenge.domain.eq_ignore_ascii_case(host))?;
        Some(answer.certificate.clone())
    }

    /// The body for a request of HTTP-01.
    #[must_use]
    pub fn body(&self, token: &str) -> Option<String> {
        let answers = self.0.load();
        let answer = answers.iter().find(|answer| answer.challenge.token == token)?;
        Some(answer.challenge.key_authorization.clone())
    }
}
