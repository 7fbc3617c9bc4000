//! `clairon tail`: prints what happens on a running server, as it happens.

mod feed;
mod printer;

use std::time::Duration;

use anyhow::{Context, bail};
use clairon_client::{
    Endpoint, HttpClient, HttpResponse,
    http::{EventStream, Followed},
};
use clairon_protocol::AppId;
use clap::Args;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::task;

use self::{
    feed::{Feed, FeedError},
    printer::Printer,
};
use super::{CANNOT_PRINT, connect_failure::unreachable, pause, target::server, terminal};
use crate::{
    cli::{Hidden, SettingsFiles},
    config::{Problems, Settings},
};

/// The path of the event stream in the admin API.
const PATH: &str = "/admin/api/tail";
/// The longest wait before the next attempt to connect, in seconds.
const LONGEST: u64 = 5;

#[derive(Debug, Args)]
pub(crate) struct TailArguments {
    #[command(flatten)]
    view: TailView,
    /// The server, `http(s)://HOST[:PORT][/PREFIX]`; the default is the server of this machine
    #[arg(long, value_name = "URL")]
    url: Option<Hidden>,
    /// The token of its admin API; the default is the setting admin.token, or `CLAIRON_ADMIN_TOKEN`
    #[arg(long, value_name = "TOKEN")]
    token: Option<Hidden>,
    #[command(flatten)]
    files: SettingsFiles,
}

/// What to print, and how.
#[derive(Debug, Args)]
struct TailView {
    /// Only this app
    #[arg(long, value_name = "ID", value_parser = AppId::parse)]
    app: Option<AppId>,
    /// Only channels with such names: `*` stands for any text, `?` for one character
    #[arg(long, value_name = "GLOB")]
    channel: Option<String>,
    /// Only events with such names
    #[arg(long, value_name = "GLOB")]
    event: Option<String>,
    /// Only these kinds of activities, such as `subscription_refused,event`
    #[arg(long, value_name = "KINDS")]
    kind: Option<String>,
    /// Only what happens to this connection
    #[arg(long, value_name = "ID")]
    socket_id: Option<String>,
    /// Only what this user does
    #[arg(long, value_name = "ID")]
    user: Option<String>,
    /// Only what contains this text
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// Begin with what the server has recorded before
    #[arg(long)]
    recent: bool,
    /// Events too: name, channel, size, number of receivers, and the start of the data
    #[arg(long)]
    events: bool,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// Prints until it is interrupted. It connects again when the server stops, but not if the first connection fails.
///
/// # Errors
/// When no server is named, the first connection fails, or the server refuses the token.
pub(crate) fn run(arguments: TailArguments) -> anyhow::Result<()> {
    let TailArguments { view, url, token, files } = arguments;
    let settings = Settings::load(files.sources([]))?;
    settings.remarks.print();
    let endpoint = server(url.map(Hidden::into_inner).as_deref(), &settings)?;
    let own = || settings.server.admin.token.as_ref().map(|token| token.expose().to_owned());
    let token = token.map(Hidden::into_inner).or_else(own).ok_or_else(|| {
        Problems::one("the server's token is needed: give --token, or set CLAIRON_ADMIN_TOKEN as the server has it")
    })?;
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        let size = token.len();
        let allowed = "a token has printable ASCII characters and no spaces";
        return Err(Problems::one(format_args!("--token: {allowed} (this one has {size} bytes)")).into());
    }
    task::block_in_place(|| watch(&endpoint, &token, &view))
}

fn watch(endpoint: &Endpoint, token: &str, view: &TailView) -> anyhow::Result<()> {
    let client = HttpClient::new();
    let url = endpoint.http(&format!("{PATH}{}", query(view)));
    let mut printer = Printer::new(view.json, view.app.is_none());
    let (mut was_connected, mut failed) = (false, 0);
    loop {
        let lost = match client.follow(&url, token) {
            Ok(Followed::Events(body)) => {
                terminal::say(terminal::DIM, format_args!("watching {endpoint}"));
                was_connected = true;
                follow(body, &mut printer, &mut failed)?.to_string()
            }
            Ok(Followed::Answer(answer)) if was_connected && answer.status.is_server_error() => {
                refused(endpoint, &answer)
            }
            Ok(Followed::Answer(answer)) => bail!(refused(endpoint, &answer)),
            Err(error) if was_connected => unreachable(endpoint, &error),
            Err(error) => bail!(unreachable(endpoint, &error)),
        };
        let wait = (1 << failed.min(3)).min(LONGEST);
        failed += 1;
        terminal::say(terminal::YELLOW, format_args!("{lost}; connecting again in {wait} s"));
        pause(Duration::from_secs(wait));
    }
}

/// Prints events until the connection ends, and returns the reason.
fn follow(body: EventStream, printer: &mut Printer, failed: &mut u32) -> anyhow::Result<FeedError> {
    let mut feed = Feed::read(body);
    loop {
        match feed.next() {
            Ok(activity) => {
                // Reset by an event, not by the connection: a server may accept connections and send nothing.
                *failed = 0;
                printer.print(&activity).context(CANNOT_PRINT)?;
            }
            Err(error) => return Ok(error),
        }
    }
}

fn query(view: &TailView) -> String {
    let TailView { app, channel, event, kind, socket_id, user, text, recent, events, json: _ } = view;
    let parameter = |name: &str, value: Option<&str>| {
        value.map(|value| format!("&{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC))).unwrap_or_default()
    };
    let parameters = [
        ("app", app.as_ref().map(AppId::as_str)),
        ("channel", channel.as_deref()),
        ("event", event.as_deref()),
        ("kind", kind.as_deref()),
        ("socket_id", socket_id.as_deref()),
        ("user", user.as_deref()),
        ("text", text.as_deref()),
        ("recent", recent.then_some("true")),
    ];
    let parameters: String = parameters.iter().map(|(name, value)| parameter(name, *value)).collect();
    format!("?events={events}{parameters}")
}

/// The reason why the server sends no events.
fn refused(endpoint: &Endpoint, answer: &HttpResponse) -> String {
    let (status, message) = (answer.status.as_u16(), answer.message());
    match status {
        401 | 403 => format!(
            "{endpoint} does not take the token ({status}: {message}): use the CLAIRON_ADMIN_TOKEN that the server was \
             started with"
        ),
        200 => format!(
            "{endpoint} answers with something else than events ({:?}): is it Clairon, and is a path prefix missing?",
            answer.header("content-type")
        ),
        404 if !message.contains("CLAIRON_ADMIN_TOKEN") => {
            format!("{endpoint} has no admin API ({status}: {message}): is it Clairon, and is a path prefix missing?")
        }
        _ => format!("{endpoint} answers {status}: {message}"),
    }
}
