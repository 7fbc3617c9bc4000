//! The finding of a check.

use serde::Serialize;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    Pass,
    /// It works or may work, but is probably a mistake.
    Warn,
    Fail,
}

/// One line of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    pub(crate) check: &'static str,
    pub(crate) outcome: Outcome,
    /// What was found, and why it is wrong; one line.
    pub(crate) detail: String,
    /// What to paste or to do; may have several lines.
    pub(crate) fix: Option<String>,
}

impl Finding {
    pub(crate) fn pass(check: &'static str, detail: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::Pass, detail: detail.into(), fix: None }
    }

    pub(crate) fn warn(check: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::Warn, detail: detail.into(), fix: Some(fix.into()) }
    }

    pub(crate) fn fail(check: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::Fail, detail: detail.into(), fix: Some(fix.into()) }
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.outcome == Outcome::Fail
    }
}
