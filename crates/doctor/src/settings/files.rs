//! `files`: the project's files are there and readable.

use clairon_laravel::{InvalidEnvFile, LaravelError, Origin};

use crate::{finding::Finding, setup::Setup};

const CHECK: &str = "files";

/// A file that stops everything else.
pub(crate) fn unreadable(error: &LaravelError) -> Finding {
    let fix = match error {
        LaravelError::EnvFile { problem: InvalidEnvFile::Line(_), .. } => {
            "put the value in 'single quotes'; Laravel does not start with such a line either"
        }
        LaravelError::EnvFile { .. } => "look for values that stand for themselves, or for each other, over and over",
        LaravelError::Kind { .. } => "put a file there",
        _ => "make the file readable for this user",
    };
    Finding::fail(CHECK, error.to_string(), fix)
}

pub(super) fn check(setup: &Setup) -> Finding {
    let project = &setup.project;
    let environment = &project.environment;
    let variables = environment.variables();
    let counts = |name: &str| ["PUSHER_", "REVERB_", "BROADCAST_"].iter().any(|start| name.starts_with(start));
    let config =
        if project.broadcasting.file.is_some() { "config/broadcasting.php" } else { "no config/broadcasting.php" };
    if let Some(unread) = project.broadcasting.file.as_ref().and_then(|file| file.unread()) {
        let detail = format!("config/broadcasting.php:{}: {}, not an array", unread.line, unread.what);
        return Finding::fail(CHECK, detail, "php artisan config:publish broadcasting");
    }
    let Some(path) = &project.env_file else {
        if variables.iter().any(|(name, _)| counts(name)) {
            return Finding::pass(CHECK, format!("no .env; variables of the process, {config}"));
        }
        let fix = "run this in the folder of the Laravel project, or name the file with --env-file";
        return Finding::fail(CHECK, "no .env here, and no PUSHER_, REVERB_ or BROADCAST_ variable", fix);
    };
    let hidden: Vec<&str> = variables
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| counts(name) && environment.origin(name) == Some(Origin::ProcessOverFile))
        .collect();
    if hidden.is_empty() {
        return Finding::pass(CHECK, format!("{}, {config}", path.display()));
    }
    let names = hidden.join(", ");
    let detail =
        format!("{names}: the process has another value than {}, and it is the process's that counts", path.display());
    Finding::warn(CHECK, detail, format!("unset {}", hidden.join(" ")))
}
