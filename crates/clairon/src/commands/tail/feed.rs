//! Server-sent events, one JSON object each.

use std::{
    io::{self, BufRead, BufReader, Read},
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    thread,
    time::Duration,
};

use serde_json::Value;

/// A server that has nothing to tell says so more often than this.
const SILENCE: Duration = Duration::from_secs(40);
/// The longest line, in bytes.
const MAX_LINE: u64 = 1 << 20;
/// How many lines may wait to be printed.
const WAITING: usize = 256;

/// What a server tells. A thread reads, since reading may wait for ever.
pub(super) struct Feed {
    lines: Receiver<io::Result<Vec<u8>>>,
}

impl Feed {
    pub(super) fn read(body: impl Read + Send + 'static) -> Self {
        let (sender, lines) = sync_channel(WAITING);
        thread::spawn(move || send_lines(body, &sender));
        Self { lines }
    }

    /// The next object; the error says in words how it ended.
    pub(super) fn next(&mut self) -> Result<Value, String> {
        loop {
            let line = match self.lines.recv_timeout(SILENCE) {
                Ok(Ok(line)) => line,
                Ok(Err(error)) => return Err(format!("the connection is lost: {error}")),
                Err(RecvTimeoutError::Timeout) => return Err("the server does not answer any more".to_owned()),
                Err(RecvTimeoutError::Disconnected) => return Err("the server has gone".to_owned()),
            };
            // Other lines are comments, which keep the connection awake, and ends of messages.
            if let Some(data) = line.strip_prefix(b"data:") {
                return serde_json::from_slice(data)
                    .map_err(|_| "the server sends something else than JSON".to_owned());
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
        // Nobody listens any more once the feed is dropped.
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
        assert_eq!(feed.next(), Err("the server has gone".to_owned()));
        assert_eq!(
            Feed::read(&b"data: <html>\n"[..]).next(),
            Err("the server sends something else than JSON".to_owned())
        );
        assert_eq!(
            Feed::read(io::repeat(b'x')).next(),
            Err("the connection is lost: the server sends a line of more than 1048576 bytes".to_owned())
        );
    }
}
