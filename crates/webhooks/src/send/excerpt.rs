//! The bodies of answers.

use std::time::Duration;

use clairon_protocol::quote;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::time::timeout;

/// The longest part of a body that is kept as an excerpt, in bytes.
const EXCERPT: usize = 1 << 10;

/// The longest body that is read so that its connection can be reused, in bytes.
const READ: usize = 64 << 10;

/// The time limit of both.
const PATIENCE: Duration = Duration::from_secs(1);

/// Reads the rest of a body. False if it is too long, too slow or broken. Its connection cannot be reused then.
pub(super) async fn read_to_end(body: &mut Incoming) -> bool {
    let mut length = 0;
    timeout(
        PATIENCE,
        read(body, |bytes| {
            length += bytes.len();
            length <= READ
        }),
    )
    .await
    .unwrap_or(false)
}

/// The beginning of a body in one printable line, without any of `secrets`.
pub(super) async fn excerpt(body: &mut Incoming, secrets: &[String]) -> String {
    let mut beginning = Vec::new();
    // The part that arrived in time is kept.
    let _ = timeout(
        PATIENCE,
        read(body, |bytes| {
            beginning.extend(&bytes[..bytes.len().min(EXCERPT - beginning.len())]);
            beginning.len() < EXCERPT
        }),
    )
    .await;
    hide(&String::from_utf8_lossy(&beginning), secrets)
}

/// The shortest hidden secret, in bytes. Shorter values are not secret, and occur in any text.
const SECRET: usize = 6;

/// A text of a receiver in one printable line of at most 200 characters, without any of `secrets`, the longest of
/// which is the first.
pub(super) fn hide(text: &str, secrets: &[String]) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().filter(|secret| secret.len() >= SECRET) {
        text = text.replace(secret.as_str(), "…");
        // The text may end in the middle of a secret.
        let is_cut = |length: &usize| secret.is_char_boundary(*length) && text.ends_with(&secret[..*length]);
        if let Some(length) = (SECRET..secret.len()).rev().find(is_cut) {
            text.truncate(text.len() - length);
            text.push('…');
        }
    }
    quote(&text)
}

/// Passes the parts of a body to `take` until it returns false. True at the end of the body.
async fn read(body: &mut Incoming, mut take: impl FnMut(&[u8]) -> bool) -> bool {
    while !body.is_end_stream() {
        match body.frame().await {
            None => return true,
            Some(Err(_)) => return false,
            Some(Ok(frame)) => {
                if frame.data_ref().is_some_and(|bytes| !take(bytes)) {
                    return body.is_end_stream();
                }
            }
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_whole_or_cut() {
        let secrets = ["hunter2-and-more", "token=é-secret", "1"].map(str::to_owned);
        let hidden = |text| hide(text, &secrets);
        assert_eq!(hidden("1 hunter2-and-more, hunter2-and-more."), "1 …, ….");
        assert_eq!(hidden("X: hunter2-and-mor"), "X: …");
        assert_eq!(hidden("X: hunter"), "X: …");
        assert_eq!(hidden("X: hunte"), "X: hunte");
        assert_eq!(hidden("?token=é-secre"), "?…");
        assert_eq!(hidden("?token="), "?…");
    }
}
