//! The credentials that a Laravel `.env` has.

use std::{fmt::Display, iter, path::Path};

use clairon_laravel::Environment;
use clairon_protocol::{AppId, AppKey, Secret};
use clairon_registry::Credential;

use crate::config::Problems;

const PUSHER: [&str; 3] = ["PUSHER_APP_ID", "PUSHER_APP_KEY", "PUSHER_APP_SECRET"];
const REVERB: [&str; 3] = ["REVERB_APP_ID", "REVERB_APP_KEY", "REVERB_APP_SECRET"];

/// Reads those of Pusher or those of Reverb: where a file has both, those of the driver that it broadcasts with.
///
/// # Errors
/// When the file cannot be read, or has no whole set of them. No value is shown.
pub(super) fn read(path: &Path) -> Result<(AppId, Credential), Problems> {
    let file = path.display();
    let problem = |what: &str| Problems::one(format_args!("--from-env {file}: {what}"));
    let (environment, is_there) =
        Environment::read(path, iter::empty()).map_err(|error| problem(&error.to_string()))?;
    if !is_there {
        return Err(problem("there is no such file"));
    }
    let names = choose(&environment).map_err(|missing| problem(&missing))?;
    let values = names.map(|name| environment.get(name).unwrap_or_default());
    let wrong = |name: &str, error: &dyn Display| problem(&format!("{name}: {error}"));
    let id = AppId::parse(values[0]).map_err(|error| wrong(names[0], &error))?;
    let key = AppKey::parse(values[1]).map_err(|error| wrong(names[1], &error))?;
    let secret = Secret::parse(values[2]).map_err(|error| wrong(names[2], &error))?;
    Ok((id, Credential::new(key, secret)))
}

/// The names of id, key and secret that are all there, or what is missing.
fn choose(environment: &Environment) -> Result<[&'static str; 3], String> {
    let uses_reverb =
        ["BROADCAST_CONNECTION", "BROADCAST_DRIVER"].iter().any(|name| environment.get(name) == Some("reverb"));
    let sets = if uses_reverb { [REVERB, PUSHER] } else { [PUSHER, REVERB] };
    let missing = |set: &[&'static str; 3]| {
        set.iter().copied().filter(|name| environment.filled(name).is_none()).collect::<Vec<_>>()
    };
    if let Some(whole) = sets.iter().find(|set| missing(set).is_empty()) {
        return Ok(*whole);
    }
    Err(match sets.iter().map(missing).find(|missing| missing.len() < 3) {
        Some(missing) => format!("there is no {}", missing.join(" and no ")),
        None => format!("there is neither {} nor {}", PUSHER.join(", "), REVERB.join(", ")),
    })
}
