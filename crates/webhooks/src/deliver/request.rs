//! The request of a delivery, and the verdict on its outcome.

use std::time::Duration;

use clairon_registry::{App, AttemptOutcome, DeliveryId, Webhook};
use jiff::Timestamp;

use super::backoff;
use crate::{Delivery, Fence, Outcome, write_body};

/// The status of an endpoint that is gone for good (RFC 9110, section 15.5.11): it is switched off.
const GONE: u16 = 410;

/// The request with some events for an endpoint of an app.
pub(super) fn request(
    app: &App,
    webhook: &Webhook,
    (id, replay_of): (&DeliveryId, Option<&DeliveryId>),
    (made_at, now): (Timestamp, Timestamp),
    events: &[String],
    fence: Fence,
) -> Delivery {
    let newest = app.credentials.newest();
    Delivery {
        url: webhook.url.as_url().clone(),
        headers: webhook.headers.expose().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        key: newest.key.clone(),
        secret: webhook.secret.clone().unwrap_or_else(|| newest.secret.clone()),
        body: write_body(made_at.as_millisecond(), now.as_millisecond(), events.iter().map(String::as_str)),
        id: id.as_str().to_owned(),
        replay_of: replay_of.map(|original| original.as_str().to_owned()),
        fence,
    }
}

/// The verdict on an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) status: Option<u16>,
    pub(super) latency: Duration,
    pub(super) problem: Option<String>,
    pub(super) outcome: AttemptOutcome,
    /// The pause before the next attempt. `None` if there is none.
    pub(super) pause: Option<Duration>,
    /// True if the endpoint has to be switched off.
    pub(super) is_gone: bool,
}

/// Judges the outcome of attempt number `attempts`. The delivery was made at `made_at` and is tried for `patience`.
pub(super) fn judge(
    outcome: Outcome,
    attempts: u32,
    made_at: Timestamp,
    now: Timestamp,
    patience: Duration,
) -> Verdict {
    let (status, latency, problem) = match outcome {
        Outcome::Delivered(answer) => {
            return Verdict {
                status: Some(answer.status),
                latency: answer.latency,
                problem: None,
                outcome: AttemptOutcome::Delivered,
                pause: None,
                is_gone: false,
            };
        }
        Outcome::Refused(answer) => {
            (Some(answer.status), answer.latency, Some(answer.excerpt).filter(|text| !text.is_empty()))
        }
        Outcome::Failed { failure, latency } => (None, latency, Some(failure.to_string())),
    };
    let is_gone = status == Some(GONE);
    let pause = backoff::pause(attempts);
    let next = now.checked_add(pause).unwrap_or(Timestamp::MAX);
    let age: Duration = next.duration_since(made_at).try_into().unwrap_or_default();
    let is_over = is_gone || age > patience;
    Verdict {
        status,
        latency,
        problem,
        outcome: if is_over { AttemptOutcome::GivenUp } else { AttemptOutcome::Retried { at: next } },
        pause: (!is_over).then_some(pause),
        is_gone,
    }
}

#[cfg(test)]
mod tests {
    use clairon_protocol::{AppId, Secret};
    use clairon_registry::{Credential, WebhookHeaders, WebhookUrl};

    use super::*;
    use crate::Answer;

    fn refused(status: u16) -> Outcome {
        Outcome::Refused(Answer { status, latency: Duration::from_millis(7), excerpt: "sorry".to_owned() })
    }

    #[test]
    fn a_request_has_the_newest_key_and_the_secret_of_the_endpoint() {
        let mut app = App::new(AppId::parse("1").unwrap(), Credential::random());
        app.credentials.add(Credential::random()).unwrap();
        let mut webhook = Webhook::new(WebhookUrl::parse("http://a.test/x").unwrap());
        webhook.headers = WebhookHeaders::parse([("X-Shop", "1")]).unwrap();
        let (id, original) = (DeliveryId::made_at(Timestamp::now()), DeliveryId::made_at(Timestamp::now()));
        let time = Timestamp::from_millisecond(7).unwrap();
        let ids = (&id, Some(&original));
        let made = |webhook: &Webhook| request(&app, webhook, ids, (time, time), &["{}".to_owned()], Fence::default());
        let sent = made(&webhook);
        assert_eq!((sent.id.as_str(), sent.replay_of.as_deref()), (id.as_str(), Some(original.as_str())));
        assert_eq!((&sent.key, &sent.secret), (&app.credentials.newest().key, &app.credentials.newest().secret));
        assert_eq!((sent.url.as_str(), sent.headers), ("http://a.test/x", vec![("X-Shop".into(), "1".into())]));
        assert_eq!(sent.body, r#"{"time_ms":7,"events":[{}]}"#);
        webhook.secret = Some(Secret::parse("own").unwrap());
        assert_eq!(made(&webhook).secret, Secret::parse("own").unwrap());
    }

    #[test]
    fn a_failure_is_tried_again_until_patience_ends() {
        let (made, patience) = (Timestamp::UNIX_EPOCH, Duration::from_secs(100));
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        let first = judge(refused(500), 1, made, at(10), patience);
        assert_eq!((first.status, first.problem.as_deref(), first.is_gone), (Some(500), Some("sorry"), false));
        let pause = first.pause.unwrap();
        assert!(pause >= Duration::from_millis(900) && pause <= Duration::from_millis(1_100), "{pause:?}");
        assert_eq!(first.outcome, AttemptOutcome::Retried { at: at(10) + pause });
        let last = judge(refused(302), 5, made, at(95), patience);
        assert_eq!((last.outcome, last.pause), (AttemptOutcome::GivenUp, None));
        let gone = judge(refused(410), 1, made, at(1), patience);
        assert!(gone.is_gone && gone.outcome == AttemptOutcome::GivenUp);
        let answer = Answer { status: 204, latency: Duration::ZERO, excerpt: String::new() };
        let delivered = judge(Outcome::Delivered(answer), 9, made, at(1_000), patience);
        assert_eq!((delivered.outcome, delivered.status), (AttemptOutcome::Delivered, Some(204)));
    }
}
