//! The mark in an event's data: its kind and its time. The data starts with `@`, a letter for the kind, and the time in
//! 16 digits. No name of this tool contains `@`, so a client finds the mark by searching the frame for that byte, and
//! parses no JSON.

use std::fmt::Write as _;

use clairon_bench_args::MIN_PAYLOAD;

use crate::clock::Nanos;

/// The length of a mark, in bytes. The data is at least as long.
const LENGTH: usize = MIN_PAYLOAD;

/// The number of digits of the time: enough for 115 days in nanoseconds. It is fixed, so all events of a run have the
/// same size.
const DIGITS: usize = LENGTH - 2;

/// The kinds of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Triggered over HTTP.
    Event,
    /// Sent by a client.
    Whisper,
    /// Triggered over HTTP, and marked with its number in the channel instead of a time.
    Numbered,
}

/// The number of kinds.
pub(crate) const KINDS: usize = 3;

impl Kind {
    const fn letter(self) -> char {
        match self {
            Self::Event => 'e',
            Self::Whisper => 'w',
            Self::Numbered => 'n',
        }
    }
}

/// Writes the data of an event: the mark, padded to `size` bytes.
pub(crate) fn write(kind: Kind, sent: Nanos, size: usize, out: &mut String) {
    let end = out.len() + size;
    // Writing to a string cannot fail.
    let _ = write!(out, "@{}{sent:0DIGITS$}", kind.letter());
    out.extend(std::iter::repeat_n('x', end.saturating_sub(out.len())));
}

/// The kind and time of the mark in a frame's payload, at any position.
pub(crate) fn find(payload: &[u8]) -> Option<(Kind, Nanos)> {
    let start = memchr::memchr(b'@', payload)?;
    let mark = payload.get(start + 1..start + LENGTH)?;
    let kind = match mark[0] {
        b'e' => Kind::Event,
        b'w' => Kind::Whisper,
        b'n' => Kind::Numbered,
        _ => return None,
    };
    let digits = mark[1..].iter();
    let mut sent = 0;
    for digit in digits {
        sent = sent * 10 + Nanos::from(digit.checked_sub(b'0').filter(|&digit| digit < 10)?);
    }
    Some((kind, sent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_found_where_it_was_written() {
        let mut frame = String::from(r#"{"event":"e","channel":"bench-1","data":""#);
        let start = frame.len();
        write(Kind::Whisper, 1_234_567_890, 200, &mut frame);
        assert_eq!(frame.len(), start + 200);
        frame.push_str(r#""}"#);
        assert_eq!(find(frame.as_bytes()), Some((Kind::Whisper, 1_234_567_890)));
    }

    #[test]
    fn data_is_never_shorter_than_its_mark() {
        let mut data = String::new();
        write(Kind::Event, 7, 0, &mut data);
        assert_eq!((data.as_str(), data.len()), ("@e0000000000000007", LENGTH));
    }

    #[test]
    fn other_texts_have_no_mark() {
        for text in ["", "@", "@e123", "pusher:pong", "@x0000000000000007", "@e00000000000000:7"] {
            assert_eq!(find(text.as_bytes()), None, "{text}");
        }
    }
}
