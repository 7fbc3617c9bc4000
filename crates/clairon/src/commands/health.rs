//! `clairon health`: which server it asks.

use anyhow::{Context, anyhow};
use clairon_client::Endpoint;

use super::{
    address::{ANY_PORT, Address},
    health_check::{self, Question},
    print,
    target::given,
};
use crate::{
    cli::{HealthArguments, Hidden},
    config::{Problems, Settings},
};

/// # Errors
/// When the server is not well, or not known. All are of one line and end with code 1: Docker knows no other.
pub(crate) fn run(mut arguments: HealthArguments) -> anyhow::Result<()> {
    let question = if arguments.ready { Question::Ready } else { Question::Up };
    let endpoint = match arguments.url.take().map(Hidden::into_inner) {
        Some(url) => given(&url, "").map_err(|error| anyhow!("{error}"))?,
        None => of_settings(arguments)?,
    };
    print(health_check::run(&endpoint, question)? + "\n");
    Ok(())
}

fn of_settings(arguments: HealthArguments) -> anyhow::Result<Endpoint> {
    let settings = Settings::load(arguments.sources()).map_err(|problems| anyhow!("{}", in_one_line(&problems)))?;
    Address::configured(&settings).endpoint().context(ANY_PORT)
}

fn in_one_line(problems: &Problems) -> String {
    let problems: Vec<_> = problems.lines().collect();
    match problems.len() {
        0 | 1 => problems.concat(),
        more => format!("{} (and {} more: `clairon config --check`)", problems[0], more - 1),
    }
}
