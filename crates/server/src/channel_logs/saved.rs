//! The text of saved logs: a line of JSON for each.

use std::str;

use clairon_hub::{SavedEvent, SavedLog};
use clairon_protocol::{AppId, ChannelName, Epoch, Limits, SocketId, error::InvalidChannel};
use clairon_websocket::frame;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The largest piece of the text in bytes. Databases limit the size of a statement.
const PIECE: usize = 512 << 10;

/// A log.
#[derive(Serialize, Deserialize)]
struct Line<'a> {
    app: AppId,
    channel: String,
    /// The life of the app's logs.
    life: u64,
    epoch: String,
    /// The number of the last event.
    head: u64,
    /// The time in milliseconds since 1970.
    saved_at: u64,
    /// The time since the last subscriber has left, in milliseconds.
    unused_for: u64,
    #[serde(borrow)]
    events: Vec<Entry<'a>>,
}

/// An event: its age in milliseconds, the connection that does not get it, and its message.
#[derive(Serialize, Deserialize)]
struct Entry<'a>(u64, Option<String>, #[serde(borrow)] &'a RawValue);

/// The reason why a line is not a log.
#[derive(Debug, thiserror::Error)]
pub(super) enum InvalidLog {
    #[error("not of the form of a log")]
    Json(#[from] serde_json::Error),
    #[error("the channel has an invalid name")]
    Channel(#[from] InvalidChannel),
    #[error("the epoch is invalid")]
    Epoch,
}

/// The text of logs, in pieces.
pub(super) fn encode(logs: Vec<(AppId, SavedLog)>, now: u64) -> Vec<String> {
    let (mut pieces, mut text) = (Vec::new(), String::new());
    for (app, log) in logs {
        let entry = |event: &SavedEvent| {
            let message = str::from_utf8(frame::payload(&event.frame)).ok()?.to_owned();
            Some((event.age, event.except.map(|id| id.to_string()), RawValue::from_string(message).ok()?))
        };
        // Every event of a log is a JSON object.
        let events: Vec<_> = log.events.iter().filter_map(entry).collect();
        let line = Line {
            app,
            channel: log.channel.as_str().to_owned(),
            life: log.life,
            epoch: log.epoch.to_string(),
            head: log.head,
            saved_at: now,
            unused_for: log.unused_for,
            events: events.iter().map(|(age, except, message)| Entry(*age, except.clone(), message)).collect(),
        };
        text.push_str(&serde_json::to_string(&line).unwrap_or_default());
        text.push('\n');
        while text.len() >= PIECE {
            let rest = text.split_off(text.floor_char_boundary(PIECE));
            pieces.push(std::mem::replace(&mut text, rest));
        }
    }
    pieces.push(text);
    pieces
}

/// Reads a line. The time since it was saved counts.
pub(super) fn decode(line: &str, now: u64) -> Result<(AppId, SavedLog), InvalidLog> {
    let Line { app, channel, life, epoch, head, saved_at, unused_for, events } = serde_json::from_str(line)?;
    // The limits were checked when the channel was made.
    let limits = Limits { channel_name_bytes: u32::MAX, user_id_chars: u32::MAX, ..Limits::default() };
    let away = now.saturating_sub(saved_at);
    let event = |Entry(age, except, message): Entry<'_>| SavedEvent {
        frame: frame::text(message.get().len(), |payload| payload.extend_from_slice(message.get().as_bytes())),
        except: except.and_then(|id| id.parse::<SocketId>().ok()),
        age: age + away,
    };
    let log = SavedLog {
        channel: ChannelName::parse(&channel, &limits)?,
        life,
        epoch: Epoch::parse(&epoch).ok_or(InvalidLog::Epoch)?,
        head,
        unused_for: unused_for + away,
        events: events.into_iter().map(event).collect(),
    };
    Ok((app, log))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(text: &str, except: Option<&str>, age: u64) -> SavedEvent {
        let frame = frame::text(0, |payload| payload.extend_from_slice(text.as_bytes()));
        SavedEvent { frame, except: except.map(|id| id.parse().unwrap()), age }
    }

    #[test]
    fn a_log_comes_back_as_it_was_and_older() {
        let app = AppId::parse("1").unwrap();
        let channel = ChannelName::parse("#server-to-user-\n\u{0}é", &Limits::default()).unwrap();
        let texts = [
            r#"{"event":"e","channel":"c","data":"{ \"a\": \"\\ud83d\"}","seq":41}"#.to_owned(),
            format!(r#"{{"event":"e","channel":"c","data":"{}","seq":42}}"#, "é".repeat(600_000)),
        ];
        let events = vec![event(&texts[0], Some("1.2"), 300), event(&texts[1], None, 0)];
        let log = SavedLog { channel, life: 3, epoch: Epoch::from_random(7), head: 42, unused_for: 5, events };
        let pieces = encode(vec![(app.clone(), log.clone()), (app.clone(), log.clone())], 1_000);
        assert!(pieces.len() > 3 && pieces.iter().all(|piece| piece.len() <= PIECE));
        let text = pieces.concat();
        assert_eq!(text.lines().count(), 2);
        for line in text.lines() {
            let (id, read) = decode(line, 3_000).unwrap();
            assert_eq!((&id, &read.channel, read.life, read.epoch, read.head), (&app, &log.channel, 3, log.epoch, 42));
            let ages: Vec<_> = read.events.iter().map(|event| (event.age, event.except)).collect();
            assert_eq!((read.unused_for, ages), (2_005, vec![(2_300, log.events[0].except), (2_000, None)]));
            assert!(read.events.iter().zip(&log.events).all(|(read, event)| read.frame == event.frame));
        }
    }

    #[test]
    fn another_text_is_no_log() {
        for text in [
            "",
            "{}",
            "x",
            r#"{"app":"1","channel":"c","life":0,"epoch":"7","head":0,"saved_at":0,"unused_for":0,"events":[]}"#,
        ] {
            assert!(decode(text, 0).is_err(), "{text}");
        }
    }
}
