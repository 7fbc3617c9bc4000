//! One line for each event.

use std::io::{self, Write};

use clairon_protocol::{escape_json, one_line};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Listening;
use crate::commands::{
    master_key::{MasterKey, is_encrypted},
    terminal::{BOLD, CYAN, DIM, RED, Styled, clock, moment},
};

/// The largest width of the column with channels, in characters.
const WIDEST: usize = 40;

/// Prints events to stdout.
pub(super) struct Printer {
    json: bool,
    key: Option<MasterKey>,
    /// The width of the column with channels, in characters.
    width: usize,
    /// The number of events printed so far.
    pub(super) printed: u64,
}

impl Printer {
    pub(super) fn new(listening: &Listening) -> Self {
        let longest = listening.channels.iter().map(|channel| channel.chars().count()).max().unwrap_or_default();
        Self {
            json: listening.json,
            key: listening.encryption_master_key.clone(),
            width: longest.min(WIDEST),
            printed: 0,
        }
    }

    /// Prints an event under the name and with the data that pusher-js passes to a page.
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
                Err(error) => problem = Some(error.to_string()),
            }
        }
        if self.json {
            let data = serde_json::from_str(&data).unwrap_or(Value::String(data));
            let mut object = json!({"time": moment(time), "channel": channel, "event": name, "data": data});
            if let Some(user) = user {
                object["user_id"] = user.into();
            }
            if let Some(problem) = &problem {
                object["problem"] = problem.as_str().into();
            }
            writeln!(io::stdout(), "{}", escape_json(&object.to_string()))?;
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
