//! The command line of Clairon: its settings and its commands.

mod cli;
mod commands;
mod config;

use std::process::ExitCode;

use clairon_bench::BenchError;
use clairon_doctor::DoctorError;
use clairon_import::ImportError;
use clairon_logging::{Failure, say_error};
use tokio::task;

use crate::{
    cli::{Cli, Command},
    config::Problems,
};

/// The exit code for an invalid command line or invalid settings. `clap` uses the same code.
const USAGE_ERROR: u8 = 2;

/// Runs the command of this process's arguments. The exit code is 2 for an invalid command line or invalid settings,
/// and 1 for other errors, which are printed or logged.
///
/// # Panics
/// When the system gives no threads.
#[must_use]
#[tokio::main]
pub async fn main() -> ExitCode {
    match run(Cli::read().command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report(error),
    }
}

async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve(arguments) => commands::serve::run(arguments).await,
        Command::App(arguments) => commands::app::run(arguments).await,
        Command::Webhook(arguments) => commands::webhook::run(arguments).await,
        Command::Stats(arguments) => commands::stats::run(arguments).await,
        Command::Config(arguments) => commands::config::run(arguments),
        Command::Import(arguments) => commands::import::run(arguments).await,
        Command::Publish(arguments) => commands::publish::run(arguments).await,
        Command::Listen(arguments) => commands::listen::run(arguments).await,
        Command::Tail(arguments) => commands::tail::run(arguments),
        Command::Bench(arguments) => Ok(task::block_in_place(|| clairon_bench::run(arguments))?),
        Command::Doctor(arguments) => Ok(task::block_in_place(|| clairon_doctor::run(&arguments))?),
        Command::Health(arguments) => commands::health::run(arguments),
        Command::Completions(arguments) => {
            commands::completions::run(&arguments);
            Ok(())
        }
        Command::Man(arguments) => commands::man::run(&arguments),
    }
}

fn report(error: anyhow::Error) -> ExitCode {
    let (format, error) = Failure::take_apart(error);
    if let Some(problems) = error.downcast_ref::<Problems>() {
        for problem in problems.lines() {
            say_error(format, problem);
        }
        return ExitCode::from(USAGE_ERROR);
    }
    say_error(format, &format!("{error:#}"));
    let is_usage = error.downcast_ref().is_some_and(DoctorError::is_usage)
        || error.downcast_ref().is_some_and(BenchError::is_usage)
        || error.downcast_ref().is_some_and(ImportError::is_usage);
    if is_usage { ExitCode::from(USAGE_ERROR) } else { ExitCode::FAILURE }
}
