//! Runs all checks in their order.

use crate::{finding::Finding, network, report::Report, settings, setup::Setup};

/// The names of all checks except `auth`, which runs only with `--auth-url`.
const CHECKS: [&str; 17] = [
    "files",
    "config-cache",
    "driver",
    "credentials",
    "page-key",
    "address",
    "cluster",
    "echo",
    "name",
    "port",
    "container",
    "tls",
    "server",
    "api",
    "upgrade",
    "websocket",
    "event",
];

/// Runs every check that does not depend on a failed one.
pub(crate) fn examine(setup: &Setup) -> Report {
    let mut findings = settings::check(setup);
    findings.extend(network::check(setup));
    let secret = setup.connection.as_ref().and_then(|connection| connection.secret.filled());
    let asked_for = setup.auth_url.is_some().then_some("auth");
    report(findings, asked_for, secret.as_deref())
}

/// The report for a file that prevents all other checks.
pub(crate) fn unreadable(finding: Finding) -> Report {
    report(vec![finding], None, None)
}

fn report(findings: Vec<Finding>, asked_for: Option<&'static str>, secret: Option<&str>) -> Report {
    let has_run = |check: &&str| findings.iter().any(|finding| finding.check == *check);
    let not_run = CHECKS.into_iter().chain(asked_for).filter(|check| !has_run(check)).collect();
    Report::new(findings, not_run, secret)
}
