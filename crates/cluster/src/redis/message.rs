//! The messages on topics.
//!
//! A message is a line of text and a body. The line has the version of the format, which is `1`; a letter, which is the
//! kind; numbers, each after a space; and a line feed. The scripts write all kinds except `E` and `T`, so a change of
//! the format here needs the same change there.
//!
//! | kind | numbers | body |
//! |---|---|---|
//! | `E` event | excluded socket id, if any | the frame |
//! | `N` event without the log that it belongs in | like `E` | the frame |
//! | `L` event of a log | its number, the epoch, excluded socket id, if any | the frame |
//! | `K` event on a cache channel | version, seconds, bytes of data, excluded socket id, if any | the data, the frame |
//! | `P` like `N`, on a cache channel | like `K` | the data, the frame |
//! | `M` event of a log on a cache channel | its number, the epoch, then like `K` | the data, the frame |
//! | `F` the event of a cache channel is forgotten | version | |
//! | `A` member added | version | the member as JSON |
//! | `R` member removed | version | the user's id |
//! | `C` number of connections | version, connections | |
//! | `O` user online | version, 1 or 0 | |
//! | `T` terminate a user's connections | | |

use std::str::SplitAsciiWhitespace;

use bytes::Bytes;
use clairon_protocol::{Epoch, Limits, LogPlace, LogPosition, Member, Publication, SocketId, UserId};

/// Longest first line, in bytes.
const HEAD_BYTES: usize = 128;

/// A message on a topic.
#[derive(Debug)]
pub(crate) enum TopicMessage {
    Event {
        frame: Bytes,
        except: Option<SocketId>,
        place: LogPlace,
    },
    CachedEvent {
        version: u64,
        ttl_seconds: u32,
        data: String,
        frame: Bytes,
        except: Option<SocketId>,
        place: LogPlace,
    },
    MemberAdded {
        version: u64,
        member: Member,
    },
    MemberRemoved {
        version: u64,
        user_id: UserId,
    },
    Count {
        version: u64,
        connections: u64,
    },
    Forgotten {
        version: u64,
    },
    Online {
        version: u64,
        is_online: bool,
    },
    Terminate,
}

/// The reason why a payload is not a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Garbled {
    #[error("its kind is not known to this version of the program")]
    Kind,
    #[error("its first line is missing, too long or wrong for its kind")]
    Head,
    #[error("its body is wrong for its kind")]
    Body,
}

/// A complete `T` message.
pub(crate) const TERMINATE: &[u8] = b"1T\n";

/// Encodes a complete `E` message.
pub(crate) fn encode_event(event: &Publication) -> Vec<u8> {
    let mut out = b"1E".to_vec();
    if let Some(except) = event.except {
        out.extend_from_slice(format!(" {except}").as_bytes());
    }
    out.push(b'\n');
    out.extend_from_slice(&event.frame);
    out
}

/// Encodes a `K` message without its beginning: the script puts the kind and the version in front.
pub(crate) fn encode_cached_tail(event: &Publication, data: &str, ttl_seconds: u32) -> Vec<u8> {
    let except = event.except.map(|except| format!(" {except}")).unwrap_or_default();
    let mut out = format!(" {ttl_seconds} {}{except}\n{data}", data.len()).into_bytes();
    out.extend_from_slice(&event.frame);
    out
}

/// Encodes a member as JSON.
pub(crate) fn encode_member(member: &Member) -> String {
    // JSON is UTF-8 already.
    String::from_utf8_lossy(&member.to_json()).into_owned()
}

/// Decodes what [`encode_member`] wrote. The limits of the app were checked when the member subscribed.
pub(crate) fn decode_member(json: &[u8]) -> Option<Member> {
    let limits = Limits { user_id_chars: u32::MAX, user_info_bytes: u32::MAX, ..Limits::default() };
    Member::parse(std::str::from_utf8(json).ok()?, &limits).ok()
}

impl TopicMessage {
    pub(crate) fn decode(payload: &Bytes) -> Result<Self, Garbled> {
        let end = payload.iter().take(HEAD_BYTES).position(|byte| *byte == b'\n').ok_or(Garbled::Head)?;
        let body = payload.slice(end + 1..);
        let head = std::str::from_utf8(&payload[..end]).map_err(|_| Garbled::Head)?;
        let kind = head.get(..2).ok_or(Garbled::Kind)?;
        let mut numbers = Numbers(head[2..].split_ascii_whitespace());
        let message = match kind {
            "1E" | "1N" | "1L" => {
                let place = numbers.place(kind)?;
                Self::Event { except: numbers.socket_id()?, frame: body, place }
            }
            "1K" | "1P" | "1M" => {
                let place = numbers.place(kind)?;
                let (version, ttl_seconds, size): (_, _, usize) = (numbers.next()?, numbers.next()?, numbers.next()?);
                let data = body.get(..size).and_then(|data| std::str::from_utf8(data).ok()).ok_or(Garbled::Body)?;
                let (data, frame) = (data.to_owned(), body.slice(size..));
                Self::CachedEvent { version, ttl_seconds, data, frame, except: numbers.socket_id()?, place }
            }
            "1A" => Self::MemberAdded { version: numbers.next()?, member: decode_member(&body).ok_or(Garbled::Body)? },
            "1R" => {
                let user_id = std::str::from_utf8(&body).map_err(|_| Garbled::Body)?.into();
                Self::MemberRemoved { version: numbers.next()?, user_id }
            }
            "1C" => Self::Count { version: numbers.next()?, connections: numbers.next()? },
            "1F" => Self::Forgotten { version: numbers.next()? },
            "1O" => Self::Online { version: numbers.next()?, is_online: numbers.next::<u8>()? == 1 },
            "1T" => Self::Terminate,
            _ => return Err(Garbled::Kind),
        };
        if numbers.0.next().is_some() { Err(Garbled::Head) } else { Ok(message) }
    }
}

/// The numbers of a first line.
struct Numbers<'a>(SplitAsciiWhitespace<'a>);

impl Numbers<'_> {
    fn next<T: std::str::FromStr>(&mut self) -> Result<T, Garbled> {
        self.0.next().and_then(|number| number.parse().ok()).ok_or(Garbled::Head)
    }

    /// The place of an event in a log, by the kind of the message.
    fn place(&mut self, kind: &str) -> Result<LogPlace, Garbled> {
        Ok(match kind {
            "1L" | "1M" => {
                let seq = self.next()?;
                let epoch = self.0.next().and_then(Epoch::parse).ok_or(Garbled::Head)?;
                LogPlace::At(LogPosition { epoch, seq })
            }
            "1N" | "1P" => LogPlace::NoLog,
            _ => LogPlace::None,
        })
    }

    fn socket_id(&mut self) -> Result<Option<SocketId>, Garbled> {
        self.0.next().map(|id| id.parse().map_err(|_| Garbled::Head)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use clairon_protocol::{AppId, ChannelName};
    use proptest::prelude::*;

    use super::*;

    fn publication(frame: Vec<u8>, except: Option<u64>) -> Publication {
        Publication {
            app: AppId::parse("a").unwrap(),
            channel: ChannelName::parse("c", &Limits::default()).unwrap(),
            frame: frame.into(),
            log: None,
            place: LogPlace::None,
            except: except.map(SocketId::from_random),
            cache: None,
            version: None,
        }
    }

    proptest! {
        #[test]
        fn an_event_is_decoded_as_it_was_encoded(frame: Vec<u8>, id: Option<u64>) {
            let sent = publication(frame, id);
            match TopicMessage::decode(&encode_event(&sent).into()) {
                Ok(TopicMessage::Event { frame, except, place: LogPlace::None }) => {
                    prop_assert_eq!((frame, except), (sent.frame, sent.except));
                }
                other => prop_assert!(false, "{:?}", other),
            }
        }

        #[test]
        fn a_cached_event_is_decoded_as_it_was_encoded(sent: Vec<u8>, text: String, seconds: u32, number: u64, id: Option<u64>) {
            let sent = publication(sent, id);
            let mut payload = format!("1K {number}").into_bytes();
            payload.extend(encode_cached_tail(&sent, &text, seconds));
            match TopicMessage::decode(&payload.into()) {
                Ok(TopicMessage::CachedEvent { version, ttl_seconds, data, frame, except, place: LogPlace::None }) => {
                    prop_assert_eq!((version, ttl_seconds, data), (number, seconds, text));
                    prop_assert_eq!((frame, except), (sent.frame, sent.except));
                }
                other => prop_assert!(false, "{:?}", other),
            }
        }

        #[test]
        fn a_member_is_decoded_as_it_was_encoded(id: i64, info in "[ -~é\"]{0,40}") {
            let info = serde_json::to_string(&info).unwrap();
            let member = decode_member(format!("{{\"user_id\":{id},\"user_info\":{info}}}").as_bytes()).unwrap();
            let mut payload = b"1A 7\n".to_vec();
            payload.extend(encode_member(&member).into_bytes());
            match TopicMessage::decode(&payload.into()) {
                Ok(TopicMessage::MemberAdded { version: 7, member: decoded }) => {
                    prop_assert_eq!(encode_member(&decoded), encode_member(&member));
                }
                other => prop_assert!(false, "{:?}", other),
            }
        }

        #[test]
        fn anything_else_is_refused_without_a_panic(head in "1[EKFARCOTLMNP]( [0-9.]{1,3}){0,4}\n?", body: Vec<u8>, junk: Vec<u8>) {
            let _ = TopicMessage::decode(&junk.into());
            let mut payload = head.into_bytes();
            payload.extend(body);
            let _ = TopicMessage::decode(&payload.into());
        }
    }

    #[test]
    fn the_messages_of_the_scripts_are_decoded() {
        let decode = |text: &'static str| TopicMessage::decode(&Bytes::from_static(text.as_bytes()));
        assert!(
            matches!(decode("1R 8\nada b"), Ok(TopicMessage::MemberRemoved { version: 8, user_id }) if user_id.as_str() == "ada b")
        );
        let at = |seq| LogPlace::At(LogPosition { epoch: Epoch::from_random(0xABC), seq });
        assert!(
            matches!(decode("1L 7 0000000000000abc 1.2\nframe"), Ok(TopicMessage::Event { place, except: Some(_), .. }) if place == at(7))
        );
        assert!(
            matches!(decode("1M 8 0000000000000abc 9 60 4\ndataframe"), Ok(TopicMessage::CachedEvent { version: 9, place, except: None, .. }) if place == at(8))
        );
        assert!(matches!(decode("1N\nframe"), Ok(TopicMessage::Event { place: LogPlace::NoLog, .. })));
        assert!(matches!(decode("1P 9 60 4\ndataframe"), Ok(TopicMessage::CachedEvent { place: LogPlace::NoLog, .. })));
        assert!(matches!(decode("1F 9\n"), Ok(TopicMessage::Forgotten { version: 9 })));
        assert!(matches!(decode("1C 9 3\n"), Ok(TopicMessage::Count { version: 9, connections: 3 })));
        assert!(matches!(decode("1O 9 1\n"), Ok(TopicMessage::Online { version: 9, is_online: true })));
        assert!(matches!(TopicMessage::decode(&Bytes::from_static(TERMINATE)), Ok(TopicMessage::Terminate)));
    }

    #[test]
    fn foreign_and_garbled_messages_are_refused() {
        let decode = |text: &'static str| TopicMessage::decode(&Bytes::from_static(text.as_bytes())).unwrap_err();
        assert_eq!(decode(""), Garbled::Head);
        assert_eq!(decode("{\"event\":1}"), Garbled::Head);
        assert_eq!(decode("\n"), Garbled::Kind);
        assert_eq!(decode("2E\nframe"), Garbled::Kind);
        assert_eq!(decode("1C x 3\n"), Garbled::Head);
        assert_eq!(decode("1C 1 3 5\n"), Garbled::Head);
        assert_eq!(decode("1L 7 abc\nframe"), Garbled::Head);
        assert_eq!(decode("1K 1 60 9\ndata"), Garbled::Body);
        assert_eq!(decode("1A 1\n{}"), Garbled::Body);
    }
}
