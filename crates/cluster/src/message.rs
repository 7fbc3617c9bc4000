//! What stands in a message on a topic.
//!
//! One line of text, then bytes: `1`, the version of this format; a letter, the kind; numbers, a space before each; a
//! line feed; the rest. Scripts write all kinds but `E` and `T` themselves, so a change here is one there.
//!
//! | kind | numbers | the rest |
//! |---|---|---|
//! | `E` event | the socket id that does not get it, if any | the frame |
//! | `K` event to be remembered | version, seconds, bytes of the data, the socket id if any | the data and the frame |
//! | `A` member added | version | the member as JSON |
//! | `R` member removed | version | the user's id |
//! | `C` count of connections | version, count | |
//! | `O` online | version, 1 or 0 | |
//! | `T` terminate | | |

use std::str::SplitAsciiWhitespace;

use bytes::Bytes;
use clairon_protocol::{Limits, Member, SocketId, UserId};

use crate::Publication;

/// The longest first line.
const HEAD_BYTES: usize = 128;

/// A message on a topic.
#[derive(Debug)]
pub(crate) enum Message {
    Event { frame: Bytes, except: Option<SocketId> },
    CachedEvent { version: u64, ttl_seconds: u32, data: String, frame: Bytes, except: Option<SocketId> },
    MemberAdded { version: u64, member: Member },
    MemberRemoved { version: u64, user_id: UserId },
    Count { version: u64, connections: u64 },
    Online { version: u64, is_online: bool },
    Terminate,
}

/// Why a payload is no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Garbled {
    #[error("it is of no kind that this version of the program knows")]
    Kind,
    #[error("its first line is missing, too long or not as its kind has it")]
    Head,
    #[error("what follows its first line is not as its kind has it")]
    Body,
}

/// What `T` is in full.
pub(crate) const TERMINATE: &[u8] = b"1T\n";

/// An event that is not remembered, in full.
pub(crate) fn encode_event(publication: &Publication) -> Vec<u8> {
    let mut out = b"1E".to_vec();
    if let Some(except) = publication.except {
        out.extend_from_slice(format!(" {except}").as_bytes());
    }
    out.push(b'\n');
    out.extend_from_slice(&publication.frame);
    out
}

/// An event that is remembered, behind its version, which the script knows.
pub(crate) fn encode_cached_tail(publication: &Publication, data: &str, ttl_seconds: u32) -> Vec<u8> {
    let except = publication.except.map(|except| format!(" {except}")).unwrap_or_default();
    let mut out = format!(" {ttl_seconds} {}{except}\n{data}", data.len()).into_bytes();
    out.extend_from_slice(&publication.frame);
    out
}

/// A member as JSON.
pub(crate) fn encode_member(member: &Member) -> Vec<u8> {
    let mut out = b"{\"user_id\":".to_vec();
    member.user_id.encode(&mut out);
    out.extend_from_slice(b",\"user_info\":");
    member.encode_info(&mut out);
    out.push(b'}');
    out
}

/// Reads what [`encode_member`] wrote. The limits were checked when the member came.
pub(crate) fn decode_member(json: &[u8]) -> Option<Member> {
    let limits = Limits { user_id_chars: u32::MAX, user_info_bytes: u32::MAX, ..Limits::default() };
    Member::parse(std::str::from_utf8(json).ok()?, &limits).ok()
}

impl Message {
    pub(crate) fn decode(payload: &Bytes) -> Result<Self, Garbled> {
        let end = payload.iter().take(HEAD_BYTES).position(|byte| *byte == b'\n').ok_or(Garbled::Head)?;
        let body = payload.slice(end + 1..);
        let head = std::str::from_utf8(&payload[..end]).map_err(|_| Garbled::Head)?;
        let kind = head.get(..2).ok_or(Garbled::Kind)?;
        let mut numbers = Numbers(head[2..].split_ascii_whitespace());
        let message = match kind {
            "1E" => Self::Event { except: numbers.socket_id()?, frame: body },
            "1K" => {
                let (version, ttl_seconds, size): (_, _, usize) = (numbers.next()?, numbers.next()?, numbers.next()?);
                let data = body.get(..size).and_then(|data| std::str::from_utf8(data).ok()).ok_or(Garbled::Body)?;
                let (data, frame) = (data.to_owned(), body.slice(size..));
                Self::CachedEvent { version, ttl_seconds, data, frame, except: numbers.socket_id()? }
            }
            "1A" => Self::MemberAdded { version: numbers.next()?, member: decode_member(&body).ok_or(Garbled::Body)? },
            "1R" => {
                let user_id = std::str::from_utf8(&body).map_err(|_| Garbled::Body)?.into();
                Self::MemberRemoved { version: numbers.next()?, user_id }
            }
            "1C" => Self::Count { version: numbers.next()?, connections: numbers.next()? },
            "1O" => Self::Online { version: numbers.next()?, is_online: numbers.next::<u8>()? == 1 },
            "1T" => Self::Terminate,
            _ => return Err(Garbled::Kind),
        };
        if numbers.0.next().is_some() { Err(Garbled::Head) } else { Ok(message) }
    }
}

struct Numbers<'a>(SplitAsciiWhitespace<'a>);

impl Numbers<'_> {
    fn next<T: std::str::FromStr>(&mut self) -> Result<T, Garbled> {
        self.0.next().and_then(|number| number.parse().ok()).ok_or(Garbled::Head)
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
            except: except.map(SocketId::from_random),
            cache: None,
            version: None,
        }
    }

    proptest! {
        #[test]
        fn an_event_comes_as_it_went(frame: Vec<u8>, id: Option<u64>) {
            let sent = publication(frame, id);
            match Message::decode(&encode_event(&sent).into()) {
                Ok(Message::Event { frame, except }) => prop_assert_eq!((frame, except), (sent.frame, sent.except)),
                other => prop_assert!(false, "{:?}", other),
            }
        }

        #[test]
        fn a_remembered_event_comes_as_it_went(sent: Vec<u8>, text: String, seconds: u32, number: u64, id: Option<u64>) {
            let sent = publication(sent, id);
            let mut payload = format!("1K {number}").into_bytes();
            payload.extend(encode_cached_tail(&sent, &text, seconds));
            match Message::decode(&payload.into()) {
                Ok(Message::CachedEvent { version, ttl_seconds, data, frame, except }) => {
                    prop_assert_eq!((version, ttl_seconds, data), (number, seconds, text));
                    prop_assert_eq!((frame, except), (sent.frame, sent.except));
                }
                other => prop_assert!(false, "{:?}", other),
            }
        }

        #[test]
        fn a_member_comes_as_it_went(id: i64, info in "[ -~é\"]{0,40}") {
            let info = serde_json::to_string(&info).unwrap();
            let member = decode_member(format!("{{\"user_id\":{id},\"user_info\":{info}}}").as_bytes()).unwrap();
            let mut payload = b"1A 7\n".to_vec();
            payload.extend(encode_member(&member));
            match Message::decode(&payload.into()) {
                Ok(Message::MemberAdded { version: 7, member: decoded }) => {
                    prop_assert_eq!(encode_member(&decoded), encode_member(&member));
                }
                other => prop_assert!(false, "{:?}", other),
            }
        }

        #[test]
        fn anything_else_is_refused_without_a_panic(head in "1[EKARCOT]( [0-9.]{1,3}){0,4}\n?", body: Vec<u8>, junk: Vec<u8>) {
            let _ = Message::decode(&junk.into());
            let mut payload = head.into_bytes();
            payload.extend(body);
            let _ = Message::decode(&payload.into());
        }
    }

    #[test]
    fn what_the_scripts_write() {
        let decode = |text: &'static str| Message::decode(&Bytes::from_static(text.as_bytes()));
        assert!(
            matches!(decode("1R 8\nada b"), Ok(Message::MemberRemoved { version: 8, user_id }) if user_id.as_str() == "ada b")
        );
        assert!(matches!(decode("1C 9 3\n"), Ok(Message::Count { version: 9, connections: 3 })));
        assert!(matches!(decode("1O 9 1\n"), Ok(Message::Online { version: 9, is_online: true })));
        assert!(matches!(Message::decode(&Bytes::from_static(TERMINATE)), Ok(Message::Terminate)));
    }

    #[test]
    fn what_is_foreign_or_garbled_is_refused() {
        let decode = |text: &'static str| Message::decode(&Bytes::from_static(text.as_bytes())).unwrap_err();
        assert_eq!(decode(""), Garbled::Head);
        assert_eq!(decode("{\"event\":1}"), Garbled::Head);
        assert_eq!(decode("\n"), Garbled::Kind);
        assert_eq!(decode("2E\nframe"), Garbled::Kind);
        assert_eq!(decode("1C x 3\n"), Garbled::Head);
        assert_eq!(decode("1C 1 3 5\n"), Garbled::Head);
        assert_eq!(decode("1K 1 60 9\ndata"), Garbled::Body);
        assert_eq!(decode("1A 1\n{}"), Garbled::Body);
    }
}
