//! A flag for each field of an app.

use clap::{Arg, ArgMatches, Args, Command, Error, FromArgMatches};

use crate::config::{app_fields, app_flag};

/// The fields of an app that were given, by their names in the settings. What they may be is not known here.
#[derive(Debug)]
pub(crate) struct AppFields(pub(crate) Vec<(&'static str, String)>);

impl Args for AppFields {
    fn augment_args(command: Command) -> Command {
        command.args(app_fields().map(|field| {
            Arg::new(field.name)
                .long(app_flag(field.name))
                .value_name(field.values)
                .help(field.purpose)
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
        Ok(Self(app_fields().filter_map(|field| given(field.name)).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
