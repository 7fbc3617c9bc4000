//! One line an event.

use std::io::{self, Write};

use clairon_client::json_line;
use clairon_protocol::one_line;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::ListenArgs;
use crate::commands::{
    master_key::{MasterKey, is_encrypted},
    terminal::{BOLD, CYAN, DIM, RED, Styled, clock, moment},
};

/// No name is given more room than this, in characters.
const WIDEST: usize = 40;

/// Prints events to stdout.
pub(super) struct Printer {
    json: bool,
    key: Option<MasterKey>,
    /// How much room the names of channels have.
    width: usize,
    /// How many events have been printed.
    pub(super) printed: u64,
}

impl Printer {
    pub(super) fn new(arguments: &ListenArgs) -> Self {
        let longest = arguments.channels.iter().map(|channel| channel.chars().count()).max().unwrap_or_default();
        Self {
            json: arguments.json,
            key: arguments.encryption_master_key.clone(),
            width: longest.min(WIDEST),
            printed: 0,
        }
    }

    /// Prints an event as pusher-js would hand it to a page.
    pub(super) fn event(&mut self, event: &Value) -> io::Result<()> {
        let time = Timestamp::now();
        let text = |name: &str| event[name].as_str().unwrap_or_default();
        let (channel, user) = (text("channel"), event["user_id"].as_str());
        let name = text("event").replacen("pusher_internal:", "pusher:", 1);
        let mut data = match &event["data"] {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        let mut problem = None;
        if let Some(key) = self.key.as_ref().filter(|_| is_encrypted(channel) && !name.starts_with("pusher:")) {
            match key.decrypt(channel, &data) {
                Ok(open) => data = open,
                Err(why) => problem = Some(why),
            }
        }
        if self.json {
            let data = serde_json::from_str(&data).unwrap_or(Value::String(data));
            let mut object = json!({"time": moment(time), "channel": channel, "event": name, "data": data});
            if let Some(user) = user {
                object["user_id"] = user.into();
            }
            if let Some(problem) = problem {
                object["problem"] = problem.into();
            }
            writeln!(io::stdout(), "{}", json_line(&object))?;
        } else {
            let mut out = anstream::stdout().lock();
            let (time, channel) = (Styled(DIM, clock(time), 0), Styled(CYAN, one_line(channel), self.width));
            write!(out, "{time}  {channel}  {}  {}", Styled(BOLD, one_line(&name), 0), one_line(&data))?;
            if let Some(user) = user {
                write!(out, "  {}", Styled(DIM, format!("by {}", one_line(user)), 0))?;
            }
            if let Some(problem) = problem {
                write!(out, "  {}", Styled(RED, problem, 0))?;
            }
            writeln!(out)?;
            out.flush()?;
        }
        self.printed += 1;
        Ok(())
    }
}
