//! The findings of the doctor.

use std::process::Output;

use serde_json::Value;

#[derive(Debug)]
pub(crate) struct Examination {
    pub(crate) code: Option<i32>,
    pub(crate) report: Value,
}

impl Examination {
    pub(crate) fn new(output: Output) -> Self {
        let stdout = String::from_utf8(output.stdout).unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        let report = serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error} in {stdout:?} {stderr}"));
        Self { code: output.status.code(), report }
    }

    fn with(&self, outcome: &str) -> Vec<&Value> {
        let findings = self.report["findings"].as_array().unwrap();
        findings.iter().filter(|finding| finding["outcome"] == outcome).collect()
    }

    /// Asserts that there are no failures and no warnings, and returns the names of all checks.
    pub(crate) fn all_pass(&self) -> Vec<&str> {
        assert_eq!(self.code, Some(0), "{self:#?}");
        let passed = self.with("pass");
        assert_eq!(passed.len(), self.report["findings"].as_array().unwrap().len(), "{self:#?}");
        assert_eq!(self.report["not_run"], serde_json::json!([]));
        passed.into_iter().map(|finding| finding["check"].as_str().unwrap()).collect()
    }

    /// The detail of a passed check.
    pub(crate) fn detail(&self, check: &str) -> &str {
        let found = self.with("pass").into_iter().find(|finding| finding["check"] == check);
        found
            .and_then(|finding| finding["detail"].as_str())
            .unwrap_or_else(|| panic!("{check} has not passed: {self:#?}"))
    }

    /// Asserts that only this check fails, and that the finding and its fix contain these words.
    #[track_caller]
    pub(crate) fn only_failure(&self, check: &str, detail: &[&str], fix: &str) {
        assert_eq!(self.code, Some(1), "{self:#?}");
        self.only("fail", check, detail, fix);
    }

    /// Asserts that only this check has a warning, and that none fails.
    #[track_caller]
    pub(crate) fn only_warning(&self, check: &str, detail: &[&str], fix: &str) {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self.only("warn", check, detail, fix);
    }

    #[track_caller]
    fn only(&self, outcome: &str, check: &str, detail: &[&str], fix: &str) {
        let found = self.with(outcome);
        let [finding] = found.as_slice() else { panic!("not one {outcome}: {self:#?}") };
        assert_eq!(finding["check"], check, "{self:#?}");
        let text = finding["detail"].as_str().unwrap();
        assert!(detail.iter().all(|words| text.contains(words)), "not all of {detail:?} in {text:?}");
        let text = finding["fix"].as_str().unwrap();
        assert!(text.contains(fix), "no {fix:?} in {text:?}");
    }

    /// Asserts that exactly these checks fail, in this order.
    #[track_caller]
    pub(crate) fn failures(&self, checks: &[&str]) {
        assert_eq!(self.code, Some(1), "{self:#?}");
        let failed: Vec<&str> = self.with("fail").iter().map(|finding| finding["check"].as_str().unwrap()).collect();
        assert_eq!(failed, checks, "{self:#?}");
    }
}
