//! `clairon config`: prints all settings, or checks the present ones.

use super::print;
use crate::{
    cli::ConfigArguments,
    config::{DEFAULTS, Settings},
};

/// # Errors
/// With `--check`, the problems of the settings.
pub(crate) fn run(arguments: ConfigArguments) -> anyhow::Result<()> {
    if arguments.check {
        let settings = Settings::load(arguments.sources())?;
        settings.remarks.print();
        settings.check_certificates()?;
        print("ok\n");
    } else {
        print(DEFAULTS);
    }
    Ok(())
}
