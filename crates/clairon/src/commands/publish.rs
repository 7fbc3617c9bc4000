//! `clairon publish`: one event, to one channel or several.

use std::io::{self, Read};

use clairon_client::{
    Credentials, Endpoint, Refusal, Target,
    http::{Answer, Client},
    json_line,
    refusal::{CLOCK_WINDOW, clock},
    signed,
};
use clairon_protocol::{SocketId, one_line};
use clap::Args;
use serde_json::{Value, json};

use super::{
    connect_failure::{answer_speaks_tls, unreachable},
    live_error::LiveError,
    master_key::{MasterKey, is_encrypted},
};

/// More than this is not read from stdin, in bytes: what no server takes.
const MAX_DATA: u64 = 16 << 20;

/// What to publish.
#[derive(Debug, Args)]
pub(crate) struct PublishArgs {
    /// The channel
    channel: String,
    /// The event's name
    event: String,
    /// Its data, JSON or any text; `-` reads it from stdin, without the line break at its end
    #[arg(allow_negative_numbers = true)]
    data: String,
    /// One more channel; may be given several times
    #[arg(long = "channel", value_name = "CHANNEL")]
    channels: Vec<String>,
    /// The connection that is not told, because the event comes from there
    #[arg(long, value_name = "ID")]
    socket_id: Option<SocketId>,
    /// The key of private-encrypted channels: 32 bytes in Base64
    #[arg(long, value_name = "KEY", env = "PUSHER_ENCRYPTION_MASTER_KEY", hide_env_values = true)]
    encryption_master_key: Option<MasterKey>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Publishes, and prints that it was taken.
///
/// # Errors
/// When the server cannot be reached or refuses the event.
pub(crate) fn run(target: &Target, arguments: &PublishArgs) -> Result<(), LiveError> {
    let Some(credentials) = &target.credentials else {
        return Err(LiveError::Usage(
            "to publish needs the app's id and secret: http(s)://KEY:SECRET@…/apps/ID".into(),
        ));
    };
    let PublishArgs { channel, event, json, .. } = arguments;
    let data = if arguments.data == "-" { stdin()? } else { arguments.data.clone() };
    let size = data.len();
    let channels: Vec<&String> = [channel].into_iter().chain(&arguments.channels).collect();
    let mut body = json!({"name": event, "channels": channels, "data": sealed(arguments, &channels, data)?});
    if let Some(id) = &arguments.socket_id {
        body["socket_id"] = id.to_string().into();
    }
    let endpoint = &target.endpoint;
    let answer = signed::trigger(&Client::new(), endpoint, credentials, &body.to_string())
        .map_err(|error| LiveError::Failed(unreachable(endpoint, &error)))?;
    if answer.status != 200 {
        return Err(LiveError::Failed(refused(endpoint, credentials, &answer)));
    }
    let Some(object) = answer.object() else {
        return Err(LiveError::Failed(no_broadcasting_server(endpoint, &answer)));
    };
    if *json {
        let answer = Value::Object(object);
        let told = json!({"channels": channels, "event": event, "bytes": size, "server": endpoint.to_string(), "answer": answer});
        print(&json_line(&told))
    } else {
        let names: Vec<_> = channels.iter().map(|name| one_line(name)).collect();
        print(&format!("{endpoint} took {event:?} for {} ({size} bytes)", names.join(", ")))
    }
}

fn print(line: &str) -> Result<(), LiveError> {
    use io::Write;
    Ok(writeln!(io::stdout(), "{line}")?)
}

fn stdin() -> Result<String, LiveError> {
    let mut data = String::new();
    let read = io::stdin().lock().take(MAX_DATA + 1).read_to_string(&mut data);
    read.map_err(|error| LiveError::Failed(format!("stdin: {error}")))?;
    if data.len() as u64 > MAX_DATA {
        return Err(LiveError::Failed(format!("stdin has more than {MAX_DATA} bytes")));
    }
    // What a shell puts at the end of a line is not part of it.
    let line = data.strip_suffix('\n').map(|line| line.strip_suffix('\r').unwrap_or(line).len());
    data.truncate(line.unwrap_or(data.len()));
    Ok(data)
}

/// The data as it is sent, which for an encrypted channel nobody but its subscribers can read.
fn sealed(arguments: &PublishArgs, channels: &[&String], data: String) -> Result<String, LiveError> {
    let Some(channel) = channels.iter().find(|channel| is_encrypted(channel)) else { return Ok(data) };
    if channels.len() > 1 {
        return Err(LiveError::Usage(format!("{channel} is encrypted: an event for it has no other channel")));
    }
    let Some(key) = &arguments.encryption_master_key else {
        return Err(LiveError::Usage(format!("{channel} is encrypted: --encryption-master-key is needed")));
    };
    key.encrypt(channel, &data).map_err(|why| LiveError::Failed(why.to_owned()))
}

/// Whatever is there takes everything, as the page of an application or of a guests' network does.
fn no_broadcasting_server(endpoint: &Endpoint, answer: &Answer) -> String {
    let (kind, size) = (answer.header("content-type"), answer.body.len());
    format!(
        "{endpoint} answers 200, but with {size} bytes of {kind:?} in place of a JSON object: this is no broadcasting \
         server; look at host, port and path"
    )
}

/// Why the server did not take the event.
fn refused(endpoint: &Endpoint, credentials: &Credentials, answer: &Answer) -> String {
    let (id, key) = (&credentials.id, &credentials.key);
    let (status, message) = (answer.status.as_u16(), answer.message());
    let why = match Refusal::of(answer) {
        Refusal::Clock => format!("this machine's clock is {}; {CLOCK_WINDOW} s are allowed", clock(answer)),
        Refusal::Key => format!("the key {key} is not that of the app {id}"),
        Refusal::App => format!("the server has no app with the id {id}"),
        Refusal::Disabled => format!("the app {id} is switched off"),
        Refusal::Secret => format!("the secret is not that of the app {id}"),
        Refusal::Path => format!("it does not know the path {}/apps: is a path prefix missing?", endpoint.prefix),
        Refusal::Redirect => format!("it redirects to {}, which is not followed", answer.header("location")),
        Refusal::Other if answer_speaks_tls(answer) => "it speaks TLS: its URL begins with https://".to_owned(),
        Refusal::Other => return format!("{endpoint} answers {status}: {message}"),
    };
    format!("{endpoint} answers {status}: {why} ({message})")
}
