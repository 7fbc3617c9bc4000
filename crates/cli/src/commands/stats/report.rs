//! The printed report.

use std::fmt::Write;

use clairon_protocol::AppId;
use clairon_registry::{App, Statistics};
use serde_json::{Value, json};

use super::{spans::Spans, sparkline::sparkline};

/// The existing apps, and deleted apps with statistics.
pub(super) struct Report {
    spans: Spans,
    apps: Vec<AppReport>,
}

struct AppReport {
    id: AppId,
    /// `None` if the app is deleted.
    name: Option<String>,
    /// True if its statistics are stored.
    is_kept: bool,
    peak_connections: u64,
    websocket_messages: u64,
    api_messages: u64,
    /// The statistics of each span. Spans without activity are omitted.
    entries: Vec<Statistics>,
}

impl Report {
    /// A report of all apps, or of `only` one.
    pub(super) fn new(spans: Spans, apps: &[App], statistics: Vec<Statistics>, only: Option<&AppId>) -> Self {
        let mut reports: Vec<_> = apps
            .iter()
            .map(|app| AppReport {
                name: Some(app.name.clone()),
                is_kept: app.statistics,
                ..AppReport::empty(app.id.clone())
            })
            .collect();
        for entry in statistics {
            let index = reports.iter().position(|report| report.id == entry.app).unwrap_or_else(|| {
                reports.push(AppReport::empty(entry.app.clone()));
                reports.len() - 1
            });
            reports[index].add(entry);
        }
        reports.retain(|report| only.is_none_or(|only| report.id == *only));
        Self { spans, apps: reports }
    }

    /// True if there is no app to report.
    pub(super) fn is_empty(&self) -> bool {
        self.apps.is_empty()
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "since": self.spans.start(),
            "step_seconds": self.spans.step_seconds(),
            "apps": self.apps.iter().map(AppReport::json).collect::<Vec<_>>(),
        })
    }

    /// A line for each app.
    pub(super) fn table(&self) -> String {
        let mut rows = vec![["ID", "NAME", "PEAK", "MESSAGES", "API", "CONNECTIONS"].map(str::to_owned)];
        rows.extend(self.apps.iter().map(|app| {
            [
                app.id.to_string(),
                app.label().to_owned(),
                app.peak_connections.to_string(),
                app.websocket_messages.to_string(),
                app.api_messages.to_string(),
                app.silence().map_or_else(|| self.line(app, |entry| entry.peak_connections), str::to_owned),
            ]
        }));
        format!("{}\n{}", self.spans.legend(), align(&rows, [false, false, true, true, true, false]))
    }

    /// A line for each figure of each app.
    pub(super) fn detail(&self) -> String {
        let mut text = self.spans.legend();
        for app in &self.apps {
            let _ = writeln!(text, "\n{} {}", app.id, app.label());
            if let Some(silence) = app.silence() {
                let _ = writeln!(text, "{silence}");
                continue;
            }
            let rows = [
                ("peak connections", app.peak_connections, self.line(app, |entry| entry.peak_connections)),
                ("WebSocket messages", app.websocket_messages, self.line(app, |entry| entry.websocket_messages)),
                ("API messages", app.api_messages, self.line(app, |entry| entry.api_messages)),
            ];
            let rows = rows.map(|(name, figure, line)| [name.to_owned(), figure.to_string(), line]);
            text.push_str(&align(&rows, [false, true, false]));
        }
        text
    }

    fn line(&self, app: &AppReport, figure: fn(&Statistics) -> u64) -> String {
        sparkline(&self.spans.figures(&app.entries, figure))
    }
}

impl AppReport {
    fn empty(id: AppId) -> Self {
        Self {
            id,
            name: None,
            is_kept: false,
            peak_connections: 0,
            websocket_messages: 0,
            api_messages: 0,
            entries: Vec::new(),
        }
    }

    fn add(&mut self, entry: Statistics) {
        self.peak_connections = self.peak_connections.max(entry.peak_connections);
        self.websocket_messages = self.websocket_messages.saturating_add(entry.websocket_messages);
        self.api_messages = self.api_messages.saturating_add(entry.api_messages);
        self.entries.push(entry);
    }

    fn label(&self) -> &str {
        self.name.as_deref().unwrap_or("(deleted)")
    }

    /// The reason why there is no sparkline, if there is none.
    fn silence(&self) -> Option<&'static str> {
        match (self.entries.is_empty(), self.is_kept) {
            (false, _) => None,
            (true, true) => Some("nothing happened"),
            (true, false) => Some("statistics are off"),
        }
    }

    fn json(&self) -> Value {
        let entry = |entry: &Statistics| {
            json!({
                "since": entry.since,
                "peak_connections": entry.peak_connections,
                "websocket_messages": entry.websocket_messages,
                "api_messages": entry.api_messages,
            })
        };
        json!({
            "id": self.id,
            "name": self.name,
            "statistics": self.is_kept,
            "peak_connections": self.peak_connections,
            "websocket_messages": self.websocket_messages,
            "api_messages": self.api_messages,
            "entries": self.entries.iter().map(entry).collect::<Vec<_>>(),
        })
    }
}

/// The rows with aligned columns. Figures are aligned at the right.
fn align<const N: usize>(rows: &[[String; N]], is_figure: [bool; N]) -> String {
    let widths: [usize; N] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0));
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(widths).zip(is_figure).map(|((cell, width), is_figure)| {
            if is_figure { format!("{cell:>width$}") } else { format!("{cell:width$}") }
        });
        let _ = writeln!(text, "{}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
    text
}
