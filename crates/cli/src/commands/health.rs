//! `clairon health`: asks a server whether it is up, for a container's health check or a load balancer.

use std::time::Duration;

use anyhow::{anyhow, bail};
use clairon_client::{Endpoint, HttpClient, HttpResponse};
use serde_json::Value;
use tokio::task;

use super::{address::Address, print, target::parse_server_url};
use crate::{
    cli::{HealthArguments, Hidden},
    config::{Problems, Settings},
};

/// The time for an answer. Docker ends a health check after its own time limit, and no reason would be shown then.
const PATIENCE: Duration = Duration::from_secs(3);

/// The two things to ask.
#[derive(Clone, Copy)]
enum Question {
    /// Does the process answer? `/up`
    Up,
    /// Does the node accept new clients? `/ready`
    Ready,
}

/// Prints one line if the server answers yes.
///
/// # Errors
/// When the server answers no or not at all, or no server is named. All errors have one line and end with code 1,
/// because Docker reserves code 2.
pub(crate) fn run(mut arguments: HealthArguments) -> anyhow::Result<()> {
    let question = if arguments.ready { Question::Ready } else { Question::Up };
    let endpoint = match arguments.url.take().map(Hidden::into_inner) {
        Some(url) => parse_server_url(&url, "").map_err(|error| anyhow!("{error}"))?,
        None => of_settings(arguments)?,
    };
    print(task::block_in_place(|| ask(&endpoint, question))? + "\n");
    Ok(())
}

fn of_settings(arguments: HealthArguments) -> anyhow::Result<Endpoint> {
    let settings = Settings::load(arguments.sources()).map_err(|problems| anyhow!("{}", first_line(&problems)))?;
    Ok(Address::configured(&settings).endpoint()?)
}

fn first_line(problems: &Problems) -> String {
    let problems: Vec<_> = problems.lines().collect();
    match problems.len() {
        0 | 1 => problems.concat(),
        more => format!("{} (and {} more: `clairon config --check`)", problems[0], more - 1),
    }
}

fn ask(endpoint: &Endpoint, question: Question) -> anyhow::Result<String> {
    let (path, word) = match question {
        Question::Up => ("/up", "up"),
        Question::Ready => ("/ready", "ready"),
    };
    let url = endpoint.http(path);
    let answer = HttpClient::with_patience(PATIENCE).get(&url).map_err(|error| anyhow!("{url}: {error}"))?;
    if says_yes(question, &answer) {
        return Ok(format!("{url}: {word}"));
    }
    let (status, message) = (answer.status.as_u16(), answer.message());
    if status == 503 {
        bail!("{url}: {message} (503)");
    }
    bail!("{url}: this is not Clairon, or a path prefix is missing: it answers {status}, {message}");
}

/// Checks the body too, because Laravel itself also answers `/up` with 200.
fn says_yes(question: Question, answer: &HttpResponse) -> bool {
    let has = |name: &str, expected: Value| answer.object().is_some_and(|body| body.get(name) == Some(&expected));
    answer.status.as_u16() == 200
        && match question {
            Question::Up => has("health", "OK".into()),
            Question::Ready => has("ready", true.into()),
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_clairon_says_yes() {
        let says_yes = |question, status, body| says_yes(question, &HttpResponse::new(status, &[], body));
        assert!(says_yes(Question::Up, 200, r#"{"health":"OK"}"#));
        assert!(says_yes(Question::Ready, 200, r#"{"ready":true}"#));
        for (status, body) in [(503, r#"{"health":"OK"}"#), (200, "<html>"), (200, "OK"), (200, r#"{"ready":true}"#)] {
            assert!(!says_yes(Question::Up, status, body), "{status} {body}");
        }
    }
}
