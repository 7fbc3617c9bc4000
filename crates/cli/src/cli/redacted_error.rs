//! Errors of the command line without values that may be secrets.

use clap::{
    Error,
    error::{ContextKind, ContextValue, ErrorKind},
};

/// The replacement for a value.
const HIDDEN: &str = "…";

/// `error` without the typed values, except those that cannot be secrets: flags, and words similar to a command's name.
/// A forgotten flag or two swapped values must not put a secret into the log of a pipeline.
pub(super) fn without_values(mut error: Error) -> Error {
    hide(&mut error, ContextKind::InvalidValue, str::is_empty);
    if error.kind() == ErrorKind::UnknownArgument {
        hide(&mut error, ContextKind::InvalidArg, |argument| argument.starts_with('-'));
    }
    if error.get(ContextKind::SuggestedSubcommand).is_none() {
        hide(&mut error, ContextKind::InvalidSubcommand, |_| false);
    }
    error
}

fn hide(error: &mut Error, kind: ContextKind, is_harmless: fn(&str) -> bool) {
    if let Some(ContextValue::String(text)) = error.get(kind)
        && !is_harmless(text)
    {
        error.insert(kind, ContextValue::String(HIDDEN.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::Cli;

    fn error(arguments: &[&str]) -> String {
        let arguments = ["clairon"].iter().chain(arguments);
        without_values(Cli::try_parse_from(arguments).unwrap_err()).to_string()
    }

    #[test]
    fn no_value_is_repeated() {
        for (arguments, expected) in [
            (&["app", "create", "--key", "hunter 2"][..], "invalid value '…' for '--key <KEY>': an app key has"),
            (&["app", "create", "--id", "hunter/2"], "invalid value '…' for '--id <ID>': an app id has"),
            (&["app", "create", "hunter2"], "unexpected argument '…' found"),
            (&["app", "show", "hunter 2"], "invalid value '…' for '<ID>': an app id has"),
            (&["app", "show", "1", "hunter2"], "unexpected argument '…' found"),
            (&["app", "create", "--secret=hunter2", "--secret=hunter2"], "'--secret <SECRET>' cannot be used multiple"),
            (&["app", "create", "--secert=hunter2"], "unexpected argument '--secert' found"),
            (&["app", "rotate", "1", "--retire"], "a value is required for '--retire <KEY>' but none was supplied"),
            (&["app", "hunter2"], "unrecognized subcommand '…'"),
            (&["app", "shwo"], "unrecognized subcommand 'shwo'"),
        ] {
            let error = error(arguments);
            assert!(error.contains(expected) && !error.contains("hunter"), "{error}");
        }
    }
}
