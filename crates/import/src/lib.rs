//! Reads the apps of other servers of the Pusher protocol: their configuration files, environment variables and
//! databases. Nothing is executed and nothing is written. The result is a [`Plan`]: the apps, and notes about what has
//! no equivalent.

mod args;
mod database;
mod error;
mod json;
mod laravel_websockets;
mod mapping;
mod plan;
mod reverb;
mod soketi;
mod variables;
mod webhooks;

use std::{path::Path, pin::Pin};

use clairon_laravel::{ConfigFile, ConfigValue, Environment, read_text};
use clairon_registry::App;

pub use args::{Format, SourceArgs, SourceUrl};
pub use error::ImportError;
pub use plan::{Plan, PlannedApp};
pub use variables::{ServerVariable, ServerVariables, VariableMeaning, variables};

/// A source that is being read. It is boxed, so that its code is compiled with this crate.
pub type Reading<'a> = Pin<Box<dyn Future<Output = Result<Plan, ImportError>> + Send + 'a>>;

/// Reads a source. PHP files take their variables from `environment`, and so do servers that are set up by variables.
/// What a source leaves open of an app is as `template` has it.
///
/// # Errors
/// When the source does not exist, cannot be read, or has no usable app.
#[must_use]
pub fn read<'a>(source: &'a SourceArgs, environment: &'a Environment, template: &'a App) -> Reading<'a> {
    Box::pin(async move {
        let mut plan = match &source.from_database {
            Some(url) => database::plan(template, source.format, url, source.from_table.as_deref()).await?,
            None => read_files(source, environment, template)?,
        };
        plan.quote_notes();
        if plan.apps.is_empty() { Err(ImportError::NoApp { place: plan.source, notes: plan.notes }) } else { Ok(plan) }
    })
}

fn read_files(source: &SourceArgs, environment: &Environment, template: &App) -> Result<Plan, ImportError> {
    Ok(match source.format {
        Format::LaravelWebsockets => {
            let path = source.file.as_deref().unwrap_or(Path::new("config/websockets.php"));
            laravel_websockets::plan(template, &php(path)?, environment)
        }
        Format::Reverb => match &source.file {
            Some(path) => reverb::plan(template, &php(path)?, environment),
            None => match ConfigFile::read(Path::new("config/reverb.php"))? {
                Some(config) => reverb::plan(template, &config, environment),
                None => reverb::plan_of_variables(template, environment)?,
            },
        },
        Format::Soketi => match &source.file {
            Some(path) => soketi::plan(template, &json(path)?, &path.display().to_string()),
            None => soketi::plan_of_variables(template, environment)?,
        },
    })
}

fn php(path: &Path) -> Result<ConfigFile, ImportError> {
    let config = ConfigFile::read(path)?.ok_or_else(|| missing(path))?;
    match config.unread() {
        Some(unread) => {
            Err(ImportError::Unread { path: path.to_owned(), line: unread.line, what: unread.what.clone() })
        }
        None => Ok(config),
    }
}

fn json(path: &Path) -> Result<ConfigValue, ImportError> {
    let text = read_text(path)?.ok_or_else(|| missing(path))?;
    let value = serde_json::from_str(&text).map_err(|error| ImportError::Json {
        path: path.to_owned(),
        line: error.line(),
        column: error.column(),
    })?;
    Ok(json::value(value))
}

fn missing(path: &Path) -> ImportError {
    ImportError::Missing { path: path.to_owned() }
}
