//! `clairon publish`: one event, to one channel or several.

use std::io::{self, Read, Write};

use anyhow::{Context, anyhow, bail, ensure};
use clairon_client::{ApiRefusal, AppTarget, CLOCK_WINDOW, Endpoint, HttpClient, HttpResponse, api, clock_words};
use clairon_protocol::{AppCredentials, SocketId, escape_json, one_line};
use clap::Args;
use serde_json::{Value, json};
use tokio::task;

use super::{
    CANNOT_PRINT,
    connect_failure::{answer_speaks_tls, unreachable},
    master_key::{MasterKey, is_encrypted},
    target::app_target,
};
use crate::{cli::TargetArguments, config::Problems};

/// The longest data that is read from stdin, in bytes. No server takes more.
const MAX_DATA: u64 = 16 << 20;

#[derive(Debug, Args)]
pub(crate) struct PublishArguments {
    #[command(flatten)]
    event: EventArguments,
    #[command(flatten)]
    target: TargetArguments,
}

/// The event to publish.
#[derive(Debug, Args)]
struct EventArguments {
    /// The channel
    channel: String,
    /// The event's name
    event: String,
    /// The event's data, JSON or any text; `-` reads it from stdin, without the line break at its end
    #[arg(allow_negative_numbers = true)]
    data: String,
    /// Another channel; may be given several times
    #[arg(long = "channel", value_name = "CHANNEL")]
    channels: Vec<String>,
    /// The connection that does not receive the event
    #[arg(long, value_name = "ID")]
    socket_id: Option<SocketId>,
    /// The key of private-encrypted channels: 32 bytes in Base64
    #[arg(long, value_name = "KEY", env = "PUSHER_ENCRYPTION_MASTER_KEY", hide_env_values = true)]
    encryption_master_key: Option<MasterKey>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Publishes an event and prints a confirmation.
///
/// # Errors
/// When no app is named, the server is not reached, or it refuses the event.
pub(crate) async fn run(arguments: PublishArguments) -> anyhow::Result<()> {
    let target = app_target(arguments.target).await?;
    task::block_in_place(|| publish(&target, &arguments.event))
}

fn publish(target: &AppTarget, arguments: &EventArguments) -> anyhow::Result<()> {
    let Some(credentials) = &target.credentials else {
        let why = "to publish needs the app's id and secret: http(s)://KEY:SECRET@…/apps/ID";
        return Err(Problems::one(why).into());
    };
    let EventArguments { channel, event, json, .. } = arguments;
    let data = if arguments.data == "-" { stdin()? } else { arguments.data.clone() };
    let size = data.len();
    let channels: Vec<&String> = [channel].into_iter().chain(&arguments.channels).collect();
    let mut body = json!({"name": event, "channels": channels, "data": sealed(arguments, &channels, data)?});
    if let Some(id) = &arguments.socket_id {
        body["socket_id"] = id.to_string().into();
    }
    let endpoint = &target.endpoint;
    let answer = api::trigger(&HttpClient::new(), endpoint, credentials, &body.to_string())
        .map_err(|error| anyhow!(unreachable(endpoint, &error)))?;
    ensure!(answer.status == 200, refused(endpoint, credentials, &answer));
    let object = answer.object().with_context(|| no_broadcasting_server(endpoint, &answer))?;
    if *json {
        let server = endpoint.to_string();
        let answer = Value::Object(object);
        let sent = json!({"channels": channels, "event": event, "bytes": size, "server": server, "answer": answer});
        print_line(&escape_json(&sent.to_string()))
    } else {
        let names: Vec<_> = channels.iter().map(|name| one_line(name)).collect();
        print_line(&format!("{endpoint} took {event:?} for {} ({size} bytes)", names.join(", ")))
    }
}

fn print_line(line: &str) -> anyhow::Result<()> {
    writeln!(io::stdout(), "{line}").context(CANNOT_PRINT)
}

fn stdin() -> anyhow::Result<String> {
    let mut data = String::new();
    let read = io::stdin().lock().take(MAX_DATA + 1).read_to_string(&mut data);
    read.context("stdin")?;
    ensure!(data.len() as u64 <= MAX_DATA, "stdin has more than {MAX_DATA} bytes");
    // The line break at the end comes from the shell, not from the person.
    let line = data.strip_suffix('\n').map(|line| line.strip_suffix('\r').unwrap_or(line).len());
    data.truncate(line.unwrap_or(data.len()));
    Ok(data)
}

/// The data to send: encrypted if the channel is.
fn sealed(arguments: &EventArguments, channels: &[&String], data: String) -> anyhow::Result<String> {
    let Some(channel) = channels.iter().find(|channel| is_encrypted(channel)) else { return Ok(data) };
    if channels.len() > 1 {
        bail!(Problems::one(format_args!("{channel} is encrypted: an event for it has no other channel")));
    }
    let Some(key) = &arguments.encryption_master_key else {
        bail!(Problems::one(format_args!("{channel} is encrypted: --encryption-master-key is needed")));
    };
    Ok(key.encrypt(channel, &data)?)
}

/// The page of an application or of a guest network also answers every request with 200.
fn no_broadcasting_server(endpoint: &Endpoint, answer: &HttpResponse) -> String {
    let (kind, size) = (answer.header("content-type"), answer.body.len());
    format!(
        "{endpoint} answers 200, but with {size} bytes of {kind:?} instead of a JSON object: this is no broadcasting \
         server; check host, port and path"
    )
}

/// The reason why the server refused the event.
fn refused(endpoint: &Endpoint, credentials: &AppCredentials, answer: &HttpResponse) -> String {
    let (id, key) = (&credentials.id, &credentials.key);
    let (status, message) = (answer.status.as_u16(), answer.message());
    let why = match ApiRefusal::of(answer) {
        ApiRefusal::Clock => format!("this machine's clock is {}; {CLOCK_WINDOW} s are allowed", clock_words(answer)),
        ApiRefusal::Key => format!("the key {key} is not that of the app {id}"),
        ApiRefusal::App => format!("the server has no app with the id {id}"),
        ApiRefusal::Disabled => format!("the app {id} is disabled"),
        ApiRefusal::Secret => format!("the secret is not that of the app {id}"),
        ApiRefusal::Path => format!("it does not know the path {}/apps: is a path prefix missing?", endpoint.prefix),
        ApiRefusal::Redirect => format!("it redirects to {}, which is not followed", answer.header("location")),
        ApiRefusal::Other if answer_speaks_tls(answer) => "it speaks TLS: its URL begins with https://".to_owned(),
        ApiRefusal::Other => return format!("{endpoint} answers {status}: {message}"),
    };
    format!("{endpoint} answers {status}: {why} ({message})")
}
