//! `clairon listen`: prints events as they come.

mod connection;
mod printer;
mod retry;

use std::{
    num::NonZeroU64,
    time::{Duration, Instant},
};

use anyhow::bail;
use clairon_client::AppTarget;
use clap::Args;
use serde_json::{Map, Value};
use tokio::task;

use self::{
    connection::{ConnectionEnd, Listener},
    printer::Printer,
    retry::Retry,
};
use super::{connect_failure::socket_error, master_key::MasterKey, pause, target::app_target, terminal};
use crate::cli::TargetArguments;

/// The longest `--timeout`.
const LONGEST: Duration = Duration::from_hours(24);

#[derive(Debug, Args)]
pub(crate) struct ListenArguments {
    #[command(flatten)]
    listening: Listening,
    #[command(flatten)]
    target: TargetArguments,
}

/// What to listen to, for how long, and how to print it.
#[derive(Debug, Args)]
struct Listening {
    /// The channels
    #[arg(required = true, value_name = "CHANNEL")]
    channels: Vec<String>,
    /// The user id in presence channels; the default is a random one
    #[arg(long, value_name = "ID")]
    user_id: Option<String>,
    /// The user info that other members of presence channels see: a JSON object
    #[arg(long, value_name = "JSON", value_parser = object)]
    user_info: Option<Map<String, Value>>,
    /// The key of private-encrypted channels: 32 bytes in Base64
    #[arg(long, value_name = "KEY", env = "PUSHER_ENCRYPTION_MASTER_KEY", hide_env_values = true)]
    encryption_master_key: Option<MasterKey>,
    /// End after this number of events
    #[arg(long, value_name = "N")]
    count: Option<NonZeroU64>,
    /// End after this number of seconds
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// A wrong value on the command line.
#[derive(Debug, thiserror::Error)]
enum InvalidArgument {
    #[error("expected a JSON object, got {size} bytes of something else")]
    NotAnObject { size: usize },
    #[error("expected a number of seconds above 0, of a day at most")]
    Seconds,
}

fn object(text: &str) -> Result<Map<String, Value>, InvalidArgument> {
    serde_json::from_str(text).map_err(|_| InvalidArgument::NotAnObject { size: text.len() })
}

fn seconds(text: &str) -> Result<Duration, InvalidArgument> {
    let seconds = text.parse().ok().filter(|seconds| *seconds > 0.0);
    let time = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    time.filter(|time| *time <= LONGEST).ok_or(InvalidArgument::Seconds)
}

/// Prints events until the count is full or the time is over. A lost connection is opened again by the protocol's
/// rules.
///
/// # Errors
/// When no app is named, the first connection fails, the server refuses the connection or a channel for good, or the
/// time is over before the count is full.
pub(crate) async fn run(arguments: ListenArguments) -> anyhow::Result<()> {
    let target = app_target(arguments.target).await?;
    task::block_in_place(|| listen(&target, &arguments.listening))
}

fn listen(target: &AppTarget, listening: &Listening) -> anyhow::Result<()> {
    let deadline = listening.timeout.map(|timeout| Instant::now() + timeout);
    let mut listener = Listener::new(target, listening, deadline)?;
    let mut retry = Retry::default();
    loop {
        match listener.connection()? {
            ConnectionEnd::CountIsFull => return Ok(()),
            ConnectionEnd::TimeIsOver => return time_is_over(listening, &listener.printer),
            ConnectionEnd::Refused(reason) => bail!(reason),
            ConnectionEnd::Lost { error, was_good } => {
                let wait = retry.after(&error, was_good);
                let reason = socket_error(&target.socket_endpoint(), &error);
                let when = if wait.is_zero() { "at once".to_owned() } else { format!("in {} s", wait.as_secs()) };
                terminal::say(terminal::YELLOW, format_args!("disconnected: {reason}; connecting again {when}"));
                let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
                pause(left.map_or(wait, |left| wait.min(left)));
                if left.is_some_and(|left| left <= wait) {
                    return time_is_over(listening, &listener.printer);
                }
            }
        }
    }
}

fn time_is_over(listening: &Listening, printer: &Printer) -> anyhow::Result<()> {
    match listening.count {
        Some(count) => bail!("{} of {count} events came in time", printer.printed),
        None => Ok(()),
    }
}
