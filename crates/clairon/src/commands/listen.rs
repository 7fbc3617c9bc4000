//! `clairon listen`: events as they come.

mod connection;
mod printer;
mod retry;

use std::{
    num::NonZeroU64,
    time::{Duration, Instant},
};

use clairon_client::Target;
use clap::Args;
use serde_json::{Map, Value};

use self::{
    connection::{End, Listener},
    printer::Printer,
    retry::Retry,
};
use super::{connect_failure, live_error::LiveError, master_key::MasterKey, terminal};

/// The longest time that may be asked for.
const LONGEST: Duration = Duration::from_hours(24);

/// What to listen to.
#[derive(Debug, Args)]
pub(crate) struct ListenArgs {
    /// The channels
    #[arg(required = true, value_name = "CHANNEL")]
    channels: Vec<String>,
    /// Who joins presence channels; random if left out
    #[arg(long, value_name = "ID")]
    user_id: Option<String>,
    /// What the members of presence channels are told of this one: a JSON object
    #[arg(long, value_name = "JSON", value_parser = object)]
    user_info: Option<Map<String, Value>>,
    /// The key of private-encrypted channels: 32 bytes in Base64
    #[arg(long, value_name = "KEY", env = "PUSHER_ENCRYPTION_MASTER_KEY", hide_env_values = true)]
    encryption_master_key: Option<MasterKey>,
    /// End after so many events
    #[arg(long, value_name = "N")]
    count: Option<NonZeroU64>,
    /// End after so many seconds
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

fn object(text: &str) -> Result<Map<String, Value>, String> {
    serde_json::from_str(text)
        .map_err(|_| format!("expected a JSON object, got {} bytes of something else", text.len()))
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds| *seconds > 0.0);
    let wait = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    wait.filter(|wait| *wait <= LONGEST).ok_or_else(|| "expected a number of seconds, of a day at most".to_owned())
}

/// Prints what comes until it has seen or waited enough. A connection that is lost is made again, as the protocol has
/// it.
///
/// # Errors
/// When there is no connection to begin with, the server refuses this client or one of its channels for good, or the
/// time is over before the count is full.
pub(crate) fn run(target: &Target, arguments: &ListenArgs) -> Result<(), LiveError> {
    let deadline = arguments.timeout.map(|timeout| Instant::now() + timeout);
    let printer = Printer::new(arguments);
    let mut listener = Listener::new(target, arguments, printer, deadline)?;
    let mut retry = Retry::default();
    loop {
        match listener.connection()? {
            End::Enough => return Ok(()),
            End::TimeIsOver => return time_is_over(arguments, &listener.printer),
            End::Refused(why) => return Err(LiveError::Failed(why)),
            End::Lost { refused, was_good } => {
                let wait = retry.after(&refused, was_good);
                let why = connect_failure::refused(&target.socket_endpoint(), &refused);
                let when = if wait.is_zero() { "at once".to_owned() } else { format!("in {} s", wait.as_secs()) };
                terminal::say(terminal::YELLOW, format_args!("disconnected: {why}; connecting again {when}"));
                if !pause(wait, deadline) {
                    return time_is_over(arguments, &listener.printer);
                }
            }
        }
    }
}

fn time_is_over(arguments: &ListenArgs, printer: &Printer) -> Result<(), LiveError> {
    match arguments.count {
        Some(count) => Err(LiveError::Failed(format!("{} of {count} events came in time", printer.printed))),
        None => Ok(()),
    }
}

/// Waits, but not beyond the deadline; false: that has come.
fn pause(wait: Duration, deadline: Option<Instant>) -> bool {
    let left = deadline.map_or(wait, |deadline| deadline.saturating_duration_since(Instant::now()));
    #[expect(
        clippy::disallowed_methods,
        reason = "the command has its thread to itself, and nothing to do until then"
    )]
    std::thread::sleep(wait.min(left));
    wait < left || deadline.is_none()
}
