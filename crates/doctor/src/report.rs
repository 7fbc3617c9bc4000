//! The report of all findings, as text and as JSON.

use std::fmt::Write;

use serde::Serialize;

use crate::{
    DoctorError,
    finding::{Finding, Outcome},
};

/// The shortest secret that is removed from the report, in bytes. Shorter secrets are weak, and would remove parts of
/// common words.
const HIDDEN: usize = 8;

#[derive(Debug, Serialize)]
pub(crate) struct Report {
    findings: Vec<Finding>,
    passed: usize,
    warned: usize,
    failed: usize,
    /// Checks that depend on a failed one.
    not_run: Vec<&'static str>,
}

impl Report {
    /// A report without `secret`, even if a peer sent it or a setting contains it by mistake.
    pub(crate) fn new(mut findings: Vec<Finding>, not_run: Vec<&'static str>, secret: Option<&str>) -> Self {
        if let Some(secret) = secret.filter(|secret| secret.len() >= HIDDEN) {
            for finding in &mut findings {
                finding.detail = finding.detail.replace(secret, "(the secret)");
                finding.fix = finding.fix.take().map(|fix| fix.replace(secret, "(the secret)"));
            }
        }
        let count = |outcome| findings.iter().filter(|finding| finding.outcome == outcome).count();
        let (passed, warned, failed) = (count(Outcome::Pass), count(Outcome::Warn), count(Outcome::Fail));
        Self { findings, passed, warned, failed, not_run }
    }

    /// One line for each finding, followed by its fix with an indent.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for Finding { check, outcome, detail, fix } in &self.findings {
            let outcome = match outcome {
                Outcome::Pass => "pass",
                Outcome::Warn => "warn",
                Outcome::Fail => "FAIL",
            };
            let _ = writeln!(text, "{outcome}  {check:<12} {detail}");
            for line in fix.iter().flat_map(|fix| fix.lines()) {
                let _ = writeln!(text, "                   {line}");
            }
        }
        let Self { passed, warned, failed, not_run, .. } = self;
        let _ = writeln!(text, "\n{passed} passed, {warned} with a warning, {failed} failed");
        if !not_run.is_empty() {
            let _ = writeln!(text, "not run, because they depend on a failed check: {}", not_run.join(", "));
        }
        text
    }

    /// One JSON object.
    pub(crate) fn json(&self) -> String {
        #[expect(clippy::expect_used, reason = "texts and numbers are always JSON")]
        let json = serde_json::to_string_pretty(self).expect("texts and numbers");
        json + "\n"
    }

    pub(crate) fn verdict(&self) -> Result<(), DoctorError> {
        match self.failed {
            0 => Ok(()),
            failed => Err(DoctorError::Failed { failed, checks: self.findings.len() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_shown() {
        let findings = vec![Finding::fail("api", "it says hush-hush", "not hush-hush\nbut another")];
        let report = Report::new(findings, vec!["event"], Some("hush-hush"));
        for text in [report.text(), report.json()] {
            assert!(!text.contains("hush") && text.contains("it says (the secret)"), "{text}");
        }
    }
}
