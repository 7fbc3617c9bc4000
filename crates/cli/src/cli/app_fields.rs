//! A flag for each field of an app.

use clairon_registry::AppField;
use clap::{Arg, ArgMatches, Args, Command, Error, FromArgMatches};

use crate::config::app_flag;

/// The given fields of an app: names of the settings, and values as text.
#[derive(Debug)]
pub(crate) struct AppFields(pub(crate) Vec<(&'static str, String)>);

/// The placeholder for the value in the help, and the description of the field.
fn describe(field: AppField) -> (&'static str, String) {
    match field {
        AppField::Name => ("TEXT", field.to_string()),
        AppField::AllowedOrigins => ("LIST", format!("{field}; with commas between")),
        AppField::Webhooks => ("", field.to_string()),
        AppField::Switch(_) => ("true|false", field.to_string()),
        AppField::Limit(limit) => ("NUMBER", format!("{field} ({} to {})", limit.min, limit.max)),
    }
}

impl Args for AppFields {
    fn augment_args(command: Command) -> Command {
        command.args(AppField::plain().map(|field| {
            let (value, purpose) = describe(field);
            Arg::new(field.name())
                .long(app_flag(field.name()))
                .value_name(value)
                .help(purpose)
                .help_heading("Fields")
                .allow_negative_numbers(true)
        }))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for AppFields {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let given = |name| Some((name, matches.get_one::<String>(name)?.clone()));
        Ok(Self(AppField::plain().filter_map(|field| given(field.name())).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
