//! The progress bar.

use indicatif::{ProgressBar, ProgressStyle};

/// Shows the progress of a step on standard error, if that is a terminal.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    scenario: &'static str,
}

impl Progress {
    pub(super) fn new(scenario: &'static str, is_hidden: bool) -> Self {
        let bar = if is_hidden { ProgressBar::hidden() } else { ProgressBar::no_length() };
        let style = ProgressStyle::with_template("{msg:<28} [{bar:40}] {pos}/{len}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
        Self { bar, scenario }
    }

    pub(super) fn begin(&self, step: &str, length: usize) {
        self.bar.reset();
        self.bar.set_length(length as u64);
        self.bar.set_message(format!("{}: {step}", self.scenario));
    }

    /// Writes a line to standard error, above the bar.
    pub(super) fn say(&self, line: &str) {
        self.bar.suspend(|| eprintln!("{}: {line}", self.scenario));
    }

    pub(super) fn show(&self, position: usize) {
        self.bar.set_position(position as u64);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
