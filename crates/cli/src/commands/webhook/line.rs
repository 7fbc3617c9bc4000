//! Attempts as text.

use std::fmt::Write;

use anstyle::Style;
use clairon_protocol::{one_line, quote};
use clairon_registry::{Attempt, AttemptOutcome, LoggedAttempt};

use crate::commands::terminal::{BOLD, CYAN, DIM, GREEN, RED, Styled, YELLOW, moment};

/// The longest part of an event that is printed, in characters.
const EVENT_CHARS: usize = 200;

/// One line for the attempt and its result, one for the error if there is one, and one for each event.
pub(super) fn text(logged: &LoggedAttempt) -> String {
    let Attempt { endpoint, delivery, replay_of, at, latency, status, problem, outcome, .. } = &logged.attempt;
    let (style, word) = word(*outcome);
    let status = status.map_or_else(|| "-".to_owned(), |status| status.to_string());
    let latency = format!("{} ms", latency.as_millis());
    let mut text = format!("{}  {}  {status:>3}  {latency:>8}", Styled(DIM, &moment(*at), 0), Styled(style, word, 9));
    if let Some((app, webhook)) = endpoint.name() {
        let _ = write!(text, "  {}  {}", Styled(DIM, app.as_str(), 0), Styled(DIM, webhook.as_str(), 0));
    }
    let _ = write!(text, "  {}", Styled(CYAN, delivery.as_str(), 0));
    if let Some(original) = replay_of {
        let _ = write!(text, "  replay of {original}");
    }
    if let Some(next) = outcome.next_at() {
        let _ = write!(text, "  next try {}", moment(next));
    }
    if let Some(problem) = problem {
        let _ = write!(text, "\n    {}", Styled(style, &quote(problem), 0));
    }
    for event in &logged.events {
        let body = one_line(&event.body);
        let _ = match body.char_indices().nth(EVENT_CHARS) {
            Some((end, _)) => write!(text, "\n    {}", Styled(BOLD, &format!("{}…", &body[..end]), 0)),
            None => write!(text, "\n    {}", Styled(BOLD, &body, 0)),
        };
    }
    text
}

fn word(outcome: AttemptOutcome) -> (Style, &'static str) {
    match outcome {
        AttemptOutcome::Delivered => (GREEN, "delivered"),
        AttemptOutcome::Retried { .. } => (YELLOW, "failed"),
        AttemptOutcome::GivenUp => (RED, "given up"),
    }
}
