//! Finds faults in the broadcasting of a Laravel project and says how to correct them. The checks of the project's
//! files come first, then those of the network in the order of a connection: name, port, TLS, server, HTTP API,
//! WebSocket, an event from Laravel to the page. A check that depends on a failed one is not run and is listed at the
//! end. Secrets are used for signatures and never printed.

mod args;
mod error;
mod examination;
mod finding;
mod network;
mod report;
mod settings;
mod setup;
mod surroundings;

pub use args::DoctorArgs;
pub use error::DoctorError;

use clairon_laravel::Project;

use crate::{
    examination::{examine, unreadable},
    setup::Setup,
    surroundings::Surroundings,
};

/// Examines the project in the current folder and prints one line for each check, or one JSON object with `--json`. The
/// call blocks until all checks are done. It needs no asynchronous runtime.
///
/// # Errors
/// [`DoctorError::Failed`] after the report is printed, if a check has failed. All other errors come before any output.
pub fn run(arguments: &DoctorArgs) -> Result<(), DoctorError> {
    let surroundings = Surroundings::look(arguments)?;
    let variables = surroundings.variables.iter().cloned();
    let report = match Project::read(&surroundings.folder, arguments.env_file.as_deref(), variables) {
        Ok(project) => examine(&Setup::new(arguments, &surroundings, project)?),
        Err(error) => unreadable(settings::unreadable(&error)),
    };
    print!("{}", if arguments.json { report.json() } else { report.text() });
    report.verdict()
}
