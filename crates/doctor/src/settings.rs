//! The checks that need only the project's files.

mod address;
mod cache;
mod cluster;
mod credentials;
mod driver;
mod echo;
mod files;
mod page_key;

use crate::{finding::Finding, setup::Setup};

pub(crate) use self::files::unreadable;

/// Runs the checks, in the order of the report.
pub(crate) fn check(setup: &Setup) -> Vec<Finding> {
    let mut findings = files::check(setup);
    findings.extend([cache::check(setup), driver::check(setup)]);
    if let Some(connection) = &setup.connection {
        findings.extend([credentials::check(setup, connection), page_key::check(setup, connection)]);
        findings.extend([address::check(setup), cluster::check(setup)]);
    }
    findings.push(echo::check(setup));
    findings
}
