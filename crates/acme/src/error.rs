//! The reasons why there is no certificate.

use std::time::{Duration, SystemTime};

use instant_acme::{Error, Problem};

use crate::{authority::RetryAfter, request::RequestError};

/// The reason why an authority issues no certificate. Texts of the authority are unescaped.
#[derive(Debug, thiserror::Error)]
pub enum AcmeError {
    /// The authority cannot be reached, or does not answer like an authority.
    #[error("the authority does not work: {problem}")]
    Unavailable {
        /// The reason.
        problem: String,
        /// The pause that the authority asks for.
        pause: Option<Duration>,
    },
    /// Too many requests, in the authority's opinion.
    #[error("the authority's rate limit is reached: {problem}")]
    RateLimited {
        /// The reason.
        problem: String,
        /// The pause that the authority asks for.
        pause: Option<Duration>,
    },
    /// The authority does not know the account any more.
    #[error("the authority does not know the account: {0}")]
    UnknownAccount(String),
    /// The authority could not check the host name.
    #[error("the authority cannot check the name, which must lead to this server on port {port}: {problem}")]
    FailedChallenge {
        /// The port that the authority uses.
        port: u16,
        /// The reason.
        problem: String,
    },
    /// The authority refuses.
    #[error("the authority refuses: {0}")]
    Refused(String),
    /// The authority does not offer a challenge of this kind.
    #[error("the authority offers no challenge {0}")]
    NoChallenge(&'static str),
    /// The credentials of the account are unreadable.
    #[error("the credentials of the account cannot be read")]
    UnreadableCredentials,
    /// The answer to a challenge cannot be made.
    #[error("the answer to the challenge cannot be made: {0}")]
    ChallengeCertificate(String),
}

impl AcmeError {
    /// `retry_after` belongs to the last answers, and is taken.
    pub(crate) fn of(error: Error, retry_after: &RetryAfter) -> Self {
        let time = retry_after.lock().take();
        let pause = time.map(|time| time.duration_since(SystemTime::now()).unwrap_or_default());
        let unavailable = |problem: &dyn ToString| Self::Unavailable { problem: problem.to_string(), pause };
        match error {
            Error::Api(problem) => Self::of_problem(&problem, pause),
            Error::Json(_) => unavailable(&"it answers with something else than ACME"),
            Error::Timeout(_) => unavailable(&"it has not finished the order in time"),
            // Its message has no more than that of its source.
            Error::Other(error) => match error.downcast::<RequestError>() {
                Ok(error) => unavailable(&error),
                Err(error) => unavailable(&error),
            },
            error => unavailable(&error),
        }
    }

    /// `pause` is what the authority asked for.
    pub(crate) fn of_problem(problem: &Problem, pause: Option<Duration>) -> Self {
        let text = describe(problem);
        let kind = problem.r#type.as_deref().unwrap_or_default().rsplit(':').next().unwrap_or_default();
        match kind {
            "rateLimited" => Self::RateLimited { problem: text, pause },
            "serverInternal" => Self::Unavailable { problem: text, pause },
            "accountDoesNotExist" => Self::UnknownAccount(text),
            _ => Self::Refused(text),
        }
    }
}

/// The details of a problem and of its parts, with its kind.
pub(crate) fn describe(problem: &Problem) -> String {
    let parts = problem.subproblems.iter().filter_map(|part| part.detail.as_deref());
    let details: Vec<_> = problem.detail.as_deref().into_iter().chain(parts).collect();
    let kind = problem.r#type.as_deref().unwrap_or_default();
    let kind = kind.strip_prefix("urn:ietf:params:acme:error:").unwrap_or(kind);
    match (details.is_empty(), kind) {
        (true, "") => "without a reason".to_owned(),
        (true, kind) => kind.to_owned(),
        (false, "") => details.join("; "),
        (false, kind) => format!("{} ({kind})", details.join("; ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(json: &str) -> String {
        let problem: Problem = serde_json::from_str(json).unwrap();
        AcmeError::of(Error::Api(problem), &RetryAfter::default()).to_string()
    }

    #[test]
    fn a_problem_says_what_is_wrong() {
        let json = r#"{"type":"urn:ietf:params:acme:error:rateLimited","detail":"too many orders","status":429}"#;
        assert_eq!(error(json), "the authority's rate limit is reached: too many orders (rateLimited)");
        let json =
            r#"{"type":"urn:ietf:params:acme:error:rejectedIdentifier","detail":"a","subproblems":[{"detail":"b"}]}"#;
        assert_eq!(error(json), "the authority refuses: a; b (rejectedIdentifier)");
        assert_eq!(error("{}"), "the authority refuses: without a reason");
    }

    #[test]
    fn the_pause_of_the_authority_is_known() {
        let retry_after = RetryAfter::default();
        *retry_after.lock() = Some(SystemTime::now() + Duration::from_secs(100));
        let problem = r#"{"type":"urn:ietf:params:acme:error:rateLimited"}"#;
        let error = AcmeError::of(Error::Api(serde_json::from_str(problem).unwrap()), &retry_after);
        let AcmeError::RateLimited { pause: Some(pause), .. } = error else { panic!("{error:?}") };
        assert!((90..=100).contains(&pause.as_secs()), "{pause:?}");
        assert!(retry_after.lock().is_none());
    }
}
