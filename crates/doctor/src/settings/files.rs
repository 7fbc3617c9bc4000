//! The check `files`: the project's files exist and are readable.

use std::path::Path;

use clairon_laravel::{EntryError, InvalidEnvFile, LaravelError, LostLines, VariableOrigin};

use crate::{finding::Finding, setup::Setup};

const CHECK: &str = "files";

/// The finding for a file that prevents all other checks.
pub(crate) fn unreadable(error: &LaravelError) -> Finding {
    let fix = match error {
        LaravelError::EnvFile {
            problem: InvalidEnvFile::Line { error: EntryError::Name | EntryError::NoName, .. },
            ..
        } => "correct the line, or put a # before it; Laravel does not start with it either",
        LaravelError::EnvFile { problem: InvalidEnvFile::Line { .. }, .. } => {
            "put the value in 'single quotes'; Laravel does not start with such a line either"
        }
        LaravelError::EnvFile { problem: InvalidEnvFile::Size { .. }, .. } => {
            "look for values that repeat each other many times with ${…}"
        }
        LaravelError::Kind { .. } => "put a file there",
        _ => "make the file readable for this user",
    };
    Finding::fail(CHECK, error.to_string(), fix)
}

/// One finding for the files, or one for each probable mistake in `.env`.
pub(super) fn check(setup: &Setup) -> Vec<Finding> {
    let project = &setup.project;
    let config =
        if project.broadcasting.file.is_some() { "config/broadcasting.php" } else { "no config/broadcasting.php" };
    if let Some(unread) = project.broadcasting.file.as_ref().and_then(|file| file.unread()) {
        let detail = format!("config/broadcasting.php:{}: {}, not an array", unread.line, unread.what);
        return vec![Finding::fail(CHECK, detail, "php artisan config:publish broadcasting")];
    }
    let Some(path) = &project.env_file else { return vec![without_env_file(setup, config)] };
    let mut findings = lost(setup, path);
    findings.extend(hidden(setup, path));
    if findings.is_empty() {
        findings.push(Finding::pass(CHECK, format!("{}, {config}", path.display())));
    }
    findings
}

fn counts(name: &str) -> bool {
    ["PUSHER_", "REVERB_", "BROADCAST_"].iter().any(|start| name.starts_with(start))
}

fn without_env_file(setup: &Setup, config: &str) -> Finding {
    if setup.project.environment.variables().iter().any(|(name, _)| counts(name)) {
        return Finding::pass(CHECK, format!("no .env, but variables of the process; {config}"));
    }
    let fix = "run this in the folder of the Laravel project, or name the file with --env-file";
    Finding::fail(CHECK, "no .env here, and no PUSHER_, REVERB_ or BROADCAST_ variable", fix)
}

/// A finding for each group of lines that Laravel ignores without an error.
fn lost(setup: &Setup, path: &Path) -> Vec<Finding> {
    let finding = |lost: &LostLines| {
        let fix = match lost {
            LostLines::ToTheEnd { .. } => "close the quote",
            LostLines::InComment { .. } => "remove the quote from the comment",
        };
        Finding::warn(CHECK, format!("{}{lost}", path.display()), fix)
    };
    setup.project.environment.lost().iter().map(finding).collect()
}

/// The finding for variables that have another value in the process than in the file.
fn hidden(setup: &Setup, path: &Path) -> Option<Finding> {
    let environment = &setup.project.environment;
    let variables = environment.variables().into_iter().map(|(name, _)| name);
    let hidden: Vec<&str> = variables
        .filter(|name| counts(name) && environment.origin(name) == Some(VariableOrigin::ProcessOverFile))
        .collect();
    if hidden.is_empty() {
        return None;
    }
    let names = hidden.join(", ");
    let detail = format!(
        "{names}: the process has another value than {}, and Laravel uses the value of the process",
        path.display()
    );
    Some(Finding::warn(CHECK, detail, format!("unset {}", hidden.join(" "))))
}
