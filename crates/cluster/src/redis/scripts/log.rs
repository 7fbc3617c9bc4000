//! Publishing events of channels with a log, and reading logs.

use std::time::Duration;

use bytes::Bytes;
use clairon_protocol::{Epoch, LogRoom, Publication, SocketId};
use redis::Value;
use serde::Serialize;

use super::{Request, milliseconds, packed_answer::PackedAnswer, script};
use crate::{
    channel_log::{LogQuery, LogRead, LoggedEvent},
    notice::Place,
    redis::{failure::Failure, keys::Keys, message},
};

/// How long a log is kept in addition to its window, so that nodes with subscribers have time to keep it on.
const KEPT: Duration = Duration::from_mins(1);

/// How long a log is kept after its last use.
pub(crate) fn kept_for(room: LogRoom) -> Duration {
    Duration::from_millis(room.window) + KEPT
}

/// Stands for no limit: numbers in Lua are exact up to here.
const MOST: u64 = 1 << 53;

#[derive(Serialize)]
struct Arguments {
    keep_ms: Option<u64>,
    epoch: String,
    max_events: usize,
    max_bytes: usize,
    window_ms: u64,
    since: u64,
    known: Option<String>,
    last: u64,
    most_events: usize,
    most_bytes: usize,
}

/// Asks to publish an event, and to add it to the log of its channel if there is one.
pub(in crate::redis) fn publish_logged(keys: &Keys, place: &Place, event: &Publication, room: LogRoom) -> Request {
    let mut names = vec![keys.record(place), keys.log(place)];
    let mut arguments = vec![
        keys.publish_command().into(),
        message::encode_event(event),
        room.events.to_string().into_bytes(),
        room.bytes.to_string().into_bytes(),
        room.window.to_string().into_bytes(),
        fresh_epoch().into_bytes(),
    ];
    if let Some(entry) = &event.cache {
        names.push(keys.cache(place));
        names.extend(entry.ends_miss.then(|| keys.miss(place)));
        arguments.push((u64::from(entry.ttl_seconds.max(1)) * 1_000).to_string().into_bytes());
        arguments.push(message::encode_cached_tail(event, &entry.data, entry.ttl_seconds));
    }
    script!("log.lua", "publish_logged.lua").call_by_position(names, arguments).with_log(room.life).into()
}

/// Asks for the events of a log.
pub(in crate::redis) fn read_log(keys: &Keys, query: &LogQuery) -> Request {
    let LogQuery { place, room, keeps, since, epoch, last, most_events, most_bytes } = query;
    let arguments = Arguments {
        keep_ms: keeps.then(|| milliseconds(kept_for(*room))),
        epoch: fresh_epoch(),
        max_events: room.events,
        max_bytes: room.bytes,
        window_ms: room.window,
        since: (*since).min(MOST),
        known: epoch.map(|epoch| epoch.to_string()),
        last: (*last).min(MOST),
        most_events: *most_events,
        most_bytes: *most_bytes,
    };
    let names = vec![keys.record(place), keys.log(place)];
    script!("log.lua", "read_log.lua").call(names, &arguments).with_log(room.life).into()
}

fn fresh_epoch() -> String {
    Epoch::from_random(rand::random()).to_string()
}

/// Reads the answer to [`read_log`]. `None` if there is no log.
pub(in crate::redis) fn parse_log(answer: Value) -> Result<Option<LogRead>, Failure> {
    let mut answer = PackedAnswer::of(answer)?;
    if answer.takes_false() {
        return Ok(None);
    }
    answer.begin(6)?;
    let unexpected = || Failure::new("Redis has a log of another form");
    let epoch = Epoch::parse(&answer.text()?).ok_or_else(unexpected)?;
    let (head, oldest) = (answer.number()?, answer.number()?);
    let (now, newest) = (answer.number()?, answer.number()?);
    let events = answer.list(PackedAnswer::bytes)?;
    let read = |(seq, text): (u64, &Bytes)| parse_event(seq, text, now).ok_or_else(unexpected);
    let first = (newest + 1).saturating_sub(events.len() as u64);
    let events = (first..).zip(events.iter().rev()).map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(Some(LogRead { epoch, head, oldest, events }))
}

/// Reads an event of a log: its time, the excluded connection, if any, and the frame.
fn parse_event(seq: u64, text: &Bytes, now: u64) -> Option<LoggedEvent> {
    let end = text.iter().position(|byte| *byte == b'\n')?;
    let mut head = std::str::from_utf8(&text[..end]).ok()?.split(' ');
    let at: u64 = head.next()?.parse().ok()?;
    let except: Option<SocketId> = head.next().map(str::parse).transpose().ok()?;
    Some(LoggedEvent { seq, frame: text.slice(end + 1..), except, age: now.saturating_sub(at) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_of_a_log_is_read() {
        let read = |text: &'static str| parse_event(7, &Bytes::from_static(text.as_bytes()), 1_500);
        let event = read("1000 1.2\nframe\n").unwrap();
        assert_eq!((event.seq, event.frame, event.age), (7, Bytes::from_static(b"frame\n"), 500));
        assert_eq!(event.except, Some("1.2".parse().unwrap()));
        assert_eq!(read("2000\n").map(|event| (event.except, event.age)), Some((None, 0)));
        assert!(read("1000").is_none() && read("x\n").is_none() && read("1000 x\n").is_none());
    }
}
