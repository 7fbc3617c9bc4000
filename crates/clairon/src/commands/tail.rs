//! `clairon tail`: what happens on a running server, as it happens.

mod feed;
mod printer;

use std::time::Duration;

use clairon_client::{
    Endpoint,
    http::{Answer, Client},
};
use clairon_protocol::AppId;
use clap::Args;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use self::{feed::Feed, printer::Printer};
use super::{connect_failure::unreachable, live_error::LiveError, terminal};

/// Where the server tells it.
const PATH: &str = "/admin/api/tail";
/// The longest wait between two attempts to connect again, in seconds.
const LONGEST: u64 = 5;

/// What to watch.
#[derive(Debug, Args)]
pub(crate) struct TailArgs {
    /// Of this app alone
    #[arg(long, value_name = "ID", value_parser = AppId::parse)]
    app: Option<AppId>,
    /// On channels of such names alone: `*` stands for any text, `?` for a character
    #[arg(long, value_name = "GLOB")]
    channel: Option<String>,
    /// Events too: their name, channel, size, receivers, and how their data begins
    #[arg(long)]
    events: bool,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// Prints until it is interrupted. A server that goes is waited for.
///
/// # Errors
/// When the server cannot be reached to begin with, or does not let us watch.
pub(crate) fn run(endpoint: &Endpoint, token: &str, arguments: &TailArgs) -> Result<(), LiveError> {
    let client = Client::new();
    let url = endpoint.http(&format!("{PATH}{}", query(arguments)));
    let mut printer = Printer::new(arguments.json, arguments.app.is_none());
    let (mut was_connected, mut failed) = (false, 0);
    loop {
        let lost = match client.follow(&url, token) {
            Ok(Ok(body)) => {
                terminal::say(terminal::DIM, format_args!("watching {endpoint}"));
                was_connected = true;
                let mut feed = Feed::read(body);
                loop {
                    match feed.next() {
                        Ok(happening) => {
                            // Only now: whoever takes connections and tells nothing is not to be asked without end.
                            failed = 0;
                            printer.print(&happening)?;
                        }
                        Err(lost) => break lost,
                    }
                }
            }
            Ok(Err(answer)) if was_connected && answer.status.is_server_error() => refused(endpoint, &answer),
            Ok(Err(answer)) => return Err(LiveError::Failed(refused(endpoint, &answer))),
            Err(error) if was_connected => unreachable(endpoint, &error),
            Err(error) => return Err(LiveError::Failed(unreachable(endpoint, &error))),
        };
        let wait = (1 << failed.min(3)).min(LONGEST);
        failed += 1;
        terminal::say(terminal::YELLOW, format_args!("{lost}; connecting again in {wait} s"));
        #[expect(
            clippy::disallowed_methods,
            reason = "the command has its thread to itself, and nothing to do until then"
        )]
        std::thread::sleep(Duration::from_secs(wait));
    }
}

fn query(arguments: &TailArgs) -> String {
    let TailArgs { app, channel, events, .. } = arguments;
    let escape = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let app = app.as_ref().map(|app| format!("&app={}", escape(app.as_str())));
    let channel = channel.as_ref().map(|channel| format!("&channel={}", escape(channel)));
    format!("?events={events}{}{}", app.unwrap_or_default(), channel.unwrap_or_default())
}

fn refused(endpoint: &Endpoint, answer: &Answer) -> String {
    let (status, message) = (answer.status.as_u16(), answer.message());
    match status {
        401 | 403 => format!(
            "{endpoint} does not take the token ({status}: {message}): it is the CLAIRON_ADMIN_TOKEN that the server \
             was started with"
        ),
        200 => format!(
            "{endpoint} answers with something else than events ({:?}): is it Clairon, and is a path prefix missing?",
            answer.header("content-type")
        ),
        404 if message.is_empty() || !message.contains("CLAIRON_ADMIN_TOKEN") => {
            format!("{endpoint} has no admin API ({status}: {message}): is it Clairon, and is a path prefix missing?")
        }
        _ => format!("{endpoint} answers {status}: {message}"),
    }
}
