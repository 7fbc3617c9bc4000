//! `clairon config`: what can be set, and whether what is set is right.

use super::print;
use crate::{
    cli::ConfigArguments,
    config::{DEFAULTS, Settings},
};

/// # Errors
/// Everything that is wrong with the settings, if they are to be checked.
pub(crate) fn run(arguments: ConfigArguments) -> anyhow::Result<()> {
    if arguments.check {
        Settings::load(arguments.sources())?.remarks.print();
        print("ok\n");
    } else {
        print(DEFAULTS);
    }
    Ok(())
}
