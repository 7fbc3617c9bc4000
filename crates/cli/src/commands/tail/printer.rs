//! One line for each occurrence on the server.

use std::{
    fmt::Write as _,
    io::{self, Write},
};

use anstyle::Style;
use clairon_protocol::{escape_json, one_line};
use serde_json::Value;

use crate::commands::terminal::{BOLD, CYAN, DIM, GREEN, RED, Styled, YELLOW};

/// The width of the first columns, in characters.
const KIND_WIDTH: usize = 14;
const SOCKET_WIDTH: usize = 21;

/// Prints to stdout.
pub(super) struct Printer {
    json: bool,
    /// True if lines have a column with the app.
    shows_app: bool,
    /// The width of the longest app id so far, in characters.
    app_width: usize,
}

impl Printer {
    pub(super) fn new(json: bool, shows_app: bool) -> Self {
        Self { json, shows_app, app_width: 0 }
    }

    pub(super) fn print(&mut self, activity: &Value) -> io::Result<()> {
        if self.json {
            return writeln!(io::stdout(), "{}", escape_json(&activity.to_string()));
        }
        let line = self.line(activity);
        let mut out = anstream::stdout().lock();
        writeln!(out, "{line}")?;
        out.flush()
    }

    fn line(&mut self, activity: &Value) -> String {
        let text = |name: &str| activity[name].as_str().map(one_line);
        let kind = text("kind").unwrap_or_default();
        let (style, word) = word(&kind);
        let time = text("time").unwrap_or_default();
        let time = time.split('T').next_back().unwrap_or_default().trim_end_matches('Z');
        let mut line = format!("{}  {}", Styled(DIM, time, 0), Styled(style, word, KIND_WIDTH));
        let mut column = |style: Style, text: &str, width: usize| {
            let _ = write!(line, "  {}", Styled(style, text, width));
        };
        if self.shows_app {
            let app = text("app").unwrap_or_default();
            self.app_width = self.app_width.max(app.chars().count());
            column(DIM, &app, self.app_width);
        }
        column(DIM, &text("socket").unwrap_or_default(), SOCKET_WIDTH);
        for (name, style) in [("channel", CYAN), ("event", BOLD)] {
            if let Some(text) = text(name) {
                column(style, &text, 0);
            }
        }
        let user = text("user").map(|user| format!("as {user}"));
        let delivery = text("webhook").zip(text("delivery")).map(|(webhook, delivery)| format!("{webhook} {delivery}"));
        let words = [figures(activity), text("data"), user, text("request"), delivery, why(activity)];
        for words in words.into_iter().flatten() {
            column(Style::new(), &words, 0);
        }
        line.truncate(line.trim_end().len());
        line
    }
}

fn word(kind: &str) -> (Style, &str) {
    match kind {
        "connected" | "recovered" => (GREEN, kind),
        "signed_in" => (GREEN, "signed in"),
        "disconnected" => (YELLOW, kind),
        "connection_refused"
        | "subscription_refused"
        | "sign_in_refused"
        | "client_event_refused"
        | "message_refused"
        | "request_refused" => (RED, "refused"),
        "subscribed" => (CYAN, kind),
        "not_recovered" => (YELLOW, "not recovered"),
        "client_event" => (BOLD, "client event"),
        "event" => (BOLD, kind),
        "webhook_delivered" => (GREEN, "webhook"),
        "webhook_failed" => (YELLOW, "webhook failed"),
        "webhook_given_up" => (RED, "webhook lost"),
        "missed" => (YELLOW, "left out"),
        _ => (DIM, kind),
    }
}

fn figures(activity: &Value) -> Option<String> {
    if let Some(count) = activity["count"].as_u64() {
        return Some(format!("{count} lines, which came faster than they could be sent"));
    }
    let bytes = activity["bytes"].as_u64()?;
    let receivers = activity["receivers"].as_u64().map(|receivers| format!(" to {receivers}")).unwrap_or_default();
    Some(format!("{bytes} bytes{receivers}"))
}

fn why(activity: &Value) -> Option<String> {
    let (code, reason) = (activity["code"].as_u64(), activity["reason"].as_str().map(one_line));
    let words: Vec<_> = code.map(|code| code.to_string()).into_iter().chain(reason).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn columns_are_aligned_and_peers_cannot_write_to_the_terminal() {
        let mut printer = Printer::new(false, true);
        let mut plain = |activity: Value| anstream::adapter::strip_str(&printer.line(&activity)).to_string();
        let event = plain(json!({
            "time": "2026-11-23T09:22:25.915Z", "kind": "event", "app": "12", "channel": "a", "event": "e",
            "bytes": 3, "receivers": 2, "data": "x\n\u{1b}",
        }));
        assert_eq!(event, "09:22:25.915  event           12                         a  e  3 bytes to 2  x\\n\\u{1b}");
        let refused = plain(json!({
            "time": "2026-11-23T09:22:26.000Z", "kind": "connection_refused", "code": 4001, "reason": "no app",
        }));
        assert_eq!(refused, "09:22:26.000  refused                                    4001 no app");
        let webhook = plain(json!({
            "time": "2026-11-23T09:22:27.000Z", "kind": "webhook_failed", "app": "12", "webhook": "w", "delivery": "d",
            "code": 500, "reason": "oh",
        }));
        assert_eq!(webhook, "09:22:27.000  webhook failed  12                         w d  500 oh");
    }
}
