//! Finds what is wrong with the broadcasting of a Laravel project, and says how to put it right.
//!
//! First comes what the project's files say, then the network, in the order in which a connection is made: name, port,
//! TLS, server, HTTP API, WebSocket, an event on its way round. A check whose ground is missing is not run, and named
//! at the end. Secrets are used for signing and never printed.

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

/// Examines the project in the present folder and prints one line a check, or one JSON object with `--json`.
///
/// It blocks until all checks are done and needs no asynchronous runtime.
///
/// # Errors
/// [`DoctorError::Failed`] where a check has failed, after everything is printed; all others before anything is.
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
