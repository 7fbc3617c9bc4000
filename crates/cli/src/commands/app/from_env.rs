//! The credentials in a Laravel `.env`.

use std::{fmt::Display, path::Path};

use clairon_laravel::{CredentialChoice, CredentialSet, Environment, process_variables};
use clairon_protocol::{AppId, AppKey, Secret};
use clairon_registry::Credential;
use tracing::{info, warn};

use crate::config::Problems;

/// Reads the credentials of Pusher or of Reverb, whichever the project uses. Variables of the process override those of
/// the file.
///
/// # Errors
/// When the file cannot be read, or a variable is missing. No value is shown.
pub(super) fn read(path: &Path) -> Result<(AppId, Credential), Problems> {
    let file = path.display();
    let problem = |what: &str| Problems::one(format_args!("--from-env {file}: {what}"));
    let (environment, is_there) =
        Environment::read(path, process_variables()).map_err(|error| problem(&error.to_string()))?;
    if !is_there {
        return Err(problem("there is no such file"));
    }
    for lost in environment.lost() {
        warn!("{file}{lost}");
    }
    let Some(choice) = CredentialChoice::of(&environment) else {
        let [pusher, reverb] = [CredentialSet::Pusher, CredentialSet::Reverb].map(|set| set.variables().join(", "));
        return Err(problem(&format!("there is neither {pusher} nor {reverb}")));
    };
    if choice.is_between_two() {
        info!("{choice}");
    }
    let missing = choice.set.missing(&environment);
    if !missing.is_empty() {
        return Err(problem(&format!("there is no {}", missing.join(" and no "))));
    }
    let names = choice.set.variables();
    let [id, key, secret] = names.map(|name| environment.env_text(name).unwrap_or_default());
    let wrong = |name: &str, error: &dyn Display| problem(&format!("{name}: {error}"));
    let id = AppId::parse(&id).map_err(|error| wrong(names[0], &error))?;
    let key = AppKey::parse(&key).map_err(|error| wrong(names[1], &error))?;
    let secret = Secret::parse(&secret).map_err(|error| wrong(names[2], &error))?;
    Ok((id, Credential::new(key, secret)))
}
