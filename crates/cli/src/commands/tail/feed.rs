//! A stream of server-sent events with one JSON object each.

use std::{
    io::{self, BufRead, BufReader, Read},
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    thread,
    time::Duration,
};

use serde_json::Value;

/// The longest silence of a working server, which sends a comment more often.
const SILENCE: Duration = Duration::from_secs(40);
/// The longest line, in bytes.
const MAX_LINE: u64 = 1 << 20;
/// The number of lines that may wait to be printed.
const WAITING: usize = 256;

/// The events of a server. A thread reads them, because a read has no time limit.
pub(super) struct Feed {
    lines: Receiver<io::Result<Vec<u8>>>,
}

/// The reason why there are no more events.
#[derive(Debug, thiserror::Error)]
pub(super) enum FeedError {
    #[error("the connection is lost: {0}")]
    Lost(#[source] io::Error),
    #[error("the server does not answer any more")]
    Silent,
    #[error("the server has closed the connection")]
    Closed,
    #[error("the server sends something else than JSON")]
    NotJson(#[source] serde_json::Error),
}

impl Feed {
    pub(super) fn read(body: impl Read + Send + 'static) -> Self {
        let (sender, lines) = sync_channel(WAITING);
        thread::spawn(move || send_lines(body, &sender));
        Self { lines }
    }

    /// Waits for the next object.
    pub(super) fn next(&mut self) -> Result<Value, FeedError> {
        loop {
            let line = match self.lines.recv_timeout(SILENCE) {
                Ok(line) => line.map_err(FeedError::Lost)?,
                Err(RecvTimeoutError::Timeout) => return Err(FeedError::Silent),
                Err(RecvTimeoutError::Disconnected) => return Err(FeedError::Closed),
            };
            // Other lines are comments, which only show that the server works, and the empty lines between events.
            if let Some(data) = line.strip_prefix(b"data:") {
                return serde_json::from_slice(data).map_err(FeedError::NotJson);
            }
        }
    }
}

fn send_lines(body: impl Read, sender: &SyncSender<io::Result<Vec<u8>>>) {
    let mut body = BufReader::new(body);
    loop {
        let mut line = Vec::new();
        let read = match body.by_ref().take(MAX_LINE).read_until(b'\n', &mut line) {
            Ok(0) => return,
            Ok(read) if read as u64 == MAX_LINE && !line.ends_with(b"\n") => {
                Err(io::Error::other(format!("the server sends a line of more than {MAX_LINE} bytes")))
            }
            Ok(_) => Ok(line),
            Err(error) => Err(error),
        };
        let is_end = read.is_err();
        // Sending fails once the feed is dropped.
        if sender.send(read).is_err() || is_end {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_among_comments() {
        let mut feed = Feed::read(&b": hello\n\ndata: {\"a\":1}\n\ndata:{\"a\":2}\r\n\r\n"[..]);
        assert_eq!([feed.next().unwrap()["a"].clone(), feed.next().unwrap()["a"].clone()], [1, 2]);
        assert!(matches!(feed.next(), Err(FeedError::Closed)));
        assert!(matches!(Feed::read(&b"data: <html>\n"[..]).next(), Err(FeedError::NotJson(_))));
        assert_eq!(
            Feed::read(io::repeat(b'x')).next().unwrap_err().to_string(),
            "the connection is lost: the server sends a line of more than 1048576 bytes"
        );
    }
}
