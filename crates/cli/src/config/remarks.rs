//! Notes and warnings about the settings that do not prevent a start.

use std::fmt::Display;

use tracing::{debug, info, warn};

/// Lines for the log or for the terminal. They show no values.
#[derive(Debug, Default)]
pub(crate) struct Remarks {
    notes: Vec<String>,
    warnings: Vec<String>,
    /// Variables that an orchestrator has set for other services.
    passed_over: Vec<String>,
}

impl Remarks {
    pub(super) fn note(&mut self, note: impl Display) {
        self.notes.push(note.to_string());
    }

    pub(super) fn warn(&mut self, warning: impl Display) {
        self.warnings.push(warning.to_string());
    }

    pub(super) fn pass_over(&mut self, variable: String) {
        self.passed_over.push(variable);
    }

    /// Writes them to the log.
    pub(crate) fn log(&self) {
        for note in &self.notes {
            info!("{note}");
        }
        for warning in &self.warnings {
            warn!("{warning}");
        }
        if !self.passed_over.is_empty() {
            debug!(variables = self.passed_over.join(", "), "ignored the variables of other services");
        }
    }

    /// Prints notes and warnings to stderr, for commands without a log.
    pub(crate) fn print(&self) {
        for note in &self.notes {
            eprintln!("note: {note}");
        }
        for warning in &self.warnings {
            eprintln!("warning: {warning}");
        }
    }

    #[cfg(test)]
    pub(super) fn lines(&self) -> Vec<&str> {
        let lines = self.notes.iter().chain(&self.warnings).chain(&self.passed_over);
        lines.map(String::as_str).collect()
    }
}
