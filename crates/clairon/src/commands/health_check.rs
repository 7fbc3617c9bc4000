//! `clairon health`: whether a server is well, for whatever restarts it or sends it clients.

use std::time::Duration;

use clairon_client::{
    Endpoint,
    http::{Answer, Client},
};
use serde_json::Value;

use super::live_error::LiveError;

/// How long the server may take to answer. A container's health check gets an answer of its own before it is ended.
const PATIENCE: Duration = Duration::from_secs(3);

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    /// Whether the process answers: `/up`.
    Up,
    /// Whether newcomers are welcome: `/ready`.
    Ready,
}

/// Asks a server, and returns the line that says it is well.
///
/// # Errors
/// When it does not answer within 3 s, says no, or is no Clairon.
pub(crate) fn run(endpoint: &Endpoint, question: Question) -> Result<String, LiveError> {
    let (path, word) = match question {
        Question::Up => ("/up", "up"),
        Question::Ready => ("/ready", "ready"),
    };
    let url = endpoint.http(path);
    match Client::with_patience(PATIENCE).get(&url) {
        Ok(answer) if says_yes(question, &answer) => Ok(format!("{url}: {word}")),
        Ok(answer) => Err(LiveError::Failed(refusal(&url, &answer))),
        Err(why) => Err(LiveError::Failed(format!("{url}: {why}"))),
    }
}

/// Laravel itself answers `/up` too, hence the look at what is said.
fn says_yes(question: Question, answer: &Answer) -> bool {
    let is = |name: &str, expected: Value| answer.object().is_some_and(|said| said.get(name) == Some(&expected));
    answer.status.as_u16() == 200
        && match question {
            Question::Up => is("health", "OK".into()),
            Question::Ready => is("ready", true.into()),
        }
}

fn refusal(url: &str, answer: &Answer) -> String {
    let (status, message) = (answer.status.as_u16(), answer.message());
    match status {
        503 => format!("{url}: {message} (503)"),
        _ => format!("{url}: this is not Clairon, or a path prefix is missing: it answers {status}, {message}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_clairon_says_yes() {
        let says_yes = |question, status, body| says_yes(question, &Answer::new(status, &[], body));
        assert!(says_yes(Question::Up, 200, r#"{"health":"OK"}"#));
        assert!(says_yes(Question::Ready, 200, r#"{"ready":true}"#));
        for (status, body) in [(503, r#"{"health":"OK"}"#), (200, "<html>"), (200, "OK"), (200, r#"{"ready":true}"#)] {
            assert!(!says_yes(Question::Up, status, body), "{status} {body}");
        }
    }
}
