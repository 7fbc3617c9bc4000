//! An order of a certificate.

use std::time::Duration;

use instant_acme::{AuthorizationStatus, Error, Order, OrderStatus, RetryPolicy};

use crate::{AcmeError, AcmeFuture, Challenge, ChallengeKind, authority::RetryAfter, error::describe};

/// How often the authority is asked for the result of a challenge and for the certificate. It asks for longer pauses
/// with `Retry-After`.
const POLLING: RetryPolicy =
    RetryPolicy::new().initial_delay(Duration::from_millis(500)).backoff(1.5).timeout(Duration::from_mins(1));

/// An order of a certificate.
pub struct AcmeOrder {
    order: Order,
    kind: ChallengeKind,
    challenge: Option<Challenge>,
    retry_after: RetryAfter,
}

/// A certificate and its key, both PEM.
pub struct IssuedCertificate {
    /// The certificate, followed by those of its issuers.
    pub chain: String,
    /// The private key. A secret.
    pub key: String,
}

impl AcmeOrder {
    pub(crate) async fn begin(order: Order, kind: ChallengeKind, retry_after: RetryAfter) -> Result<Self, AcmeError> {
        let mut order = Self { order, kind, challenge: None, retry_after };
        order.challenge = order.pending_challenge().await?;
        Ok(order)
    }

    /// The challenge that has to be answerable before [`finish`](Self::finish). `None` if the authority remembers an
    /// earlier answer.
    #[must_use]
    pub const fn challenge(&self) -> Option<&Challenge> {
        self.challenge.as_ref()
    }

    async fn pending_challenge(&mut self) -> Result<Option<Challenge>, AcmeError> {
        let mut authorizations = self.order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization.map_err(|error| AcmeError::of(error, &self.retry_after))?;
            if authorization.status == AuthorizationStatus::Pending {
                let challenge = authorization.challenge(self.kind.of_authority());
                let challenge = challenge.ok_or_else(|| AcmeError::NoChallenge(self.kind.name()))?;
                let (token, answer) = (challenge.token.clone(), challenge.key_authorization());
                return Ok(Some(Challenge { token, key_authorization: answer.as_str().to_owned() }));
            }
        }
        Ok(None)
    }

    /// Lets the authority check the challenge, and waits for the certificate. The key is ECDSA P-256.
    ///
    /// # Errors
    /// The authority cannot be reached, or refuses.
    #[must_use]
    pub fn finish(self) -> AcmeFuture<'static, IssuedCertificate> {
        Box::pin(self.prove_and_wait())
    }

    async fn prove_and_wait(mut self) -> Result<IssuedCertificate, AcmeError> {
        match self.prove().await {
            Ok(OrderStatus::Ready) => {}
            Ok(_) | Err(Error::Api(_)) if let Some(problem) = self.failed_challenge().await => {
                return Err(AcmeError::FailedChallenge { port: self.kind.port(), problem });
            }
            Ok(status) => return Err(AcmeError::Refused(format!("the order is {status:?}"))),
            Err(error) => return Err(AcmeError::of(error, &self.retry_after)),
        }
        let issued = async {
            let key = self.order.finalize().await?;
            Ok(IssuedCertificate { chain: self.order.poll_certificate(&POLLING).await?, key })
        };
        issued.await.map_err(|error| AcmeError::of(error, &self.retry_after))
    }

    async fn prove(&mut self) -> Result<OrderStatus, Error> {
        let mut authorizations = self.order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization?;
            if authorization.status == AuthorizationStatus::Pending
                && let Some(mut challenge) = authorization.challenge(self.kind.of_authority())
            {
                challenge.set_ready().await?;
            }
        }
        self.order.poll_ready(&POLLING).await
    }

    /// What the authority says about a challenge that has failed.
    async fn failed_challenge(&mut self) -> Option<String> {
        let mut authorizations = self.order.authorizations();
        while let Some(Ok(mut authorization)) = authorizations.next().await {
            let state = authorization.refresh().await.ok()?;
            let problem = state.challenges.iter().find_map(|challenge| challenge.error.as_ref());
            if let Some(problem) = problem {
                return Some(describe(problem));
            }
        }
        None
    }
}
