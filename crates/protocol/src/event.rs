//! The messages that the server sends.
//!
//! Every message is a JSON object. Its `data` is a JSON *string*, except in `pusher:error`, whose `data` is an object.
//! The native client libraries require both.

use std::sync::Arc;

use crate::{ChannelName, EventData, Member, SocketId, UserId, json};

/// The code of the error for a client that sends events faster than its limit.
pub const CLIENT_EVENT_RATE: u16 = 4301;
/// The code of the error for a watchlist that is longer than the limit.
pub const WATCHLIST_TOO_LONG: u16 = 4302;

/// A message to one client or to many.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// `pusher:connection_established`, the first message on a connection.
    ConnectionEstablished {
        /// The id of the connection.
        socket_id: SocketId,
        /// The client sends a ping after this many seconds of silence. Never 0.
        activity_timeout: u32,
    },
    /// `pusher:error`. With a code of 4000 to 4299 the server closes the connection; otherwise it stays open.
    Error {
        /// Pusher's code. `None` is written as `null`, for errors that have no code on hosted Pusher.
        code: Option<u16>,
        /// The message, for developers.
        message: &'a str,
    },
    /// `pusher:pong`.
    Pong,
    /// `pusher_internal:subscription_succeeded`.
    SubscriptionSucceeded {
        /// The channel.
        channel: &'a ChannelName,
        /// The members of a presence channel: one for each user, the new one included.
        members: Option<&'a [&'a Member]>,
    },
    /// `pusher:subscription_error`. Echo's `.error()` listens to it.
    SubscriptionError {
        /// The channel's name as the client has sent it.
        channel: &'a str,
        /// The reason.
        error: &'a str,
        /// An HTTP status: 401 for a bad signature, 403 for a subscription that is not allowed, 400 for a malformed
        /// one.
        status: u16,
    },
    /// `pusher_internal:member_added`, when the first connection of a user joins. It goes to all other subscribers.
    MemberAdded {
        /// The channel.
        channel: &'a ChannelName,
        /// The new member.
        member: &'a Member,
    },
    /// `pusher_internal:member_removed`, when the last connection of a user has left.
    MemberRemoved {
        /// The channel.
        channel: &'a ChannelName,
        /// The id of the user.
        user_id: &'a UserId,
    },
    /// `pusher_internal:subscription_count`.
    SubscriptionCount {
        /// The channel.
        channel: &'a ChannelName,
        /// The number of subscribed connections.
        count: usize,
    },
    /// `pusher:cache_miss`: the channel remembers no event.
    CacheMiss {
        /// The channel.
        channel: &'a ChannelName,
    },
    /// `pusher:signin_success`.
    SignInSuccess {
        /// The signed text. Its `id` is a string.
        user_data: &'a str,
    },
    /// `pusher_internal:watchlist_events`.
    Watchlist {
        /// The users of the watchlist that are online, or have come online.
        online: &'a [Arc<str>],
        /// The users of the watchlist that are offline, or have gone offline.
        offline: &'a [Arc<str>],
    },
    /// An event without a channel, which only the handlers of the connection get.
    Direct {
        /// The name of the event.
        event: &'a str,
        /// The data.
        data: &'a EventData,
    },
    /// An event of the app's backend or of another client.
    Published {
        /// The name of the event.
        event: &'a str,
        /// The channel.
        channel: &'a ChannelName,
        /// The data.
        data: &'a EventData,
        /// The user that sent the event, if a member of a presence channel did. It is written as a string, because some
        /// clients drop a number.
        user_id: Option<&'a str>,
    },
    /// `pusher_internal:recovery` with no data. It goes only to subscriptions that asked for recovery: with
    /// [`Amendment::seq`](crate::Amendment::seq) in the place of an event that excludes the receiver, and with
    /// [`RecoveryAnswer::notice`](crate::RecoveryAnswer::notice) when events are lost.
    RecoveryPosition {
        /// The channel.
        channel: &'a ChannelName,
    },
}

impl Event<'_> {
    /// Appends the event as JSON.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match *self {
            Self::ConnectionEstablished { socket_id, activity_timeout } => {
                system(out, "pusher:connection_established", None, |out| {
                    out.extend_from_slice(br#"{"socket_id":""#);
                    out.extend_from_slice(socket_id.text().as_bytes());
                    out.extend_from_slice(br#"","activity_timeout":"#);
                    number(out, activity_timeout as usize);
                    out.push(b'}');
                });
            }
            Self::Error { code, message } => {
                out.extend_from_slice(br#"{"event":"pusher:error","data":{"code":"#);
                match code {
                    Some(code) => number(out, code.into()),
                    None => out.extend_from_slice(b"null"),
                }
                out.extend_from_slice(br#","message":"#);
                json::string(out, message);
                out.extend_from_slice(b"}}");
            }
            Self::Pong => system(out, "pusher:pong", None, empty),
            Self::SubscriptionSucceeded { channel, members } => {
                let event = "pusher_internal:subscription_succeeded";
                match members {
                    Some(members) => about_members(out, event, channel, |out| snapshot(out, members)),
                    None => system(out, event, Some(channel.as_str()), empty),
                }
            }
            Self::SubscriptionError { channel, error, status } => {
                system(out, "pusher:subscription_error", Some(channel), |out| {
                    out.extend_from_slice(br#"{"type":"AuthError","error":"#);
                    json::string(out, error);
                    out.extend_from_slice(br#","status":"#);
                    number(out, status.into());
                    out.push(b'}');
                });
            }
            Self::MemberAdded { channel, member } => {
                about_members(out, "pusher_internal:member_added", channel, |out| member.encode_escaped(out));
            }
            Self::MemberRemoved { channel, user_id } => {
                about_members(out, "pusher_internal:member_removed", channel, |out| {
                    out.extend_from_slice(br#"{\"user_id\":"#);
                    user_id.encode_escaped(out);
                    out.push(b'}');
                });
            }
            Self::SubscriptionCount { channel, count } => {
                system(out, "pusher_internal:subscription_count", Some(channel.as_str()), |out| {
                    out.extend_from_slice(br#"{"subscription_count":"#);
                    number(out, count);
                    out.push(b'}');
                });
            }
            Self::CacheMiss { channel } => {
                out.extend_from_slice(br#"{"event":"pusher:cache_miss","channel":"#);
                json::string(out, channel.as_str());
                out.push(b'}');
            }
            Self::SignInSuccess { user_data } => system(out, "pusher:signin_success", None, |out| {
                out.extend_from_slice(br#"{"user_data":"#);
                json::string(out, user_data);
                out.push(b'}');
            }),
            Self::Watchlist { online, offline } => {
                system(out, "pusher_internal:watchlist_events", None, |out| watchlist(out, online, offline));
            }
            Self::Direct { event, data } => {
                out.reserve(data.as_bytes().len() + event.len() + 24);
                out.extend_from_slice(br#"{"event":"#);
                json::string(out, event);
                out.extend_from_slice(br#","data":"#);
                out.extend_from_slice(data.as_bytes());
                out.push(b'}');
            }
            Self::Published { event, channel, data, user_id } => {
                out.reserve(data.as_bytes().len() + event.len() + channel.as_str().len() + 48);
                out.extend_from_slice(br#"{"event":"#);
                json::string(out, event);
                out.extend_from_slice(br#","channel":"#);
                json::string(out, channel.as_str());
                out.extend_from_slice(br#","data":"#);
                out.extend_from_slice(data.as_bytes());
                if let Some(user_id) = user_id {
                    out.extend_from_slice(br#","user_id":"#);
                    json::string(out, user_id);
                }
                out.push(b'}');
            }
            Self::RecoveryPosition { channel } => {
                system(out, "pusher_internal:recovery", Some(channel.as_str()), empty);
            }
        }
    }
}

/// Writes an event of the server's own, with its data as a JSON string.
fn system(out: &mut Vec<u8>, event: &str, channel: Option<&str>, data: impl FnOnce(&mut Vec<u8>)) {
    head(out, event, channel);
    json::nested(out, data);
    out.push(b'}');
}

/// Writes an event about members. `data` appends the content of the JSON string that is its data.
fn about_members(out: &mut Vec<u8>, event: &str, channel: &ChannelName, data: impl FnOnce(&mut Vec<u8>)) {
    head(out, event, Some(channel.as_str()));
    out.push(b'"');
    data(out);
    out.extend_from_slice(br#""}"#);
}

/// Writes an event of the server's own, up to its data.
fn head(out: &mut Vec<u8>, event: &str, channel: Option<&str>) {
    out.extend_from_slice(br#"{"event":"#);
    json::string(out, event);
    if let Some(channel) = channel {
        out.extend_from_slice(br#","channel":"#);
        json::string(out, channel);
    }
    out.extend_from_slice(br#","data":"#);
}

fn empty(out: &mut Vec<u8>) {
    out.extend_from_slice(b"{}");
}

fn number(out: &mut Vec<u8>, number: usize) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Writes the members for a new subscriber, as the content of a JSON string. `ids` has only strings and `hash` is an
/// object, because clients look up each id in `hash`.
fn snapshot(out: &mut Vec<u8>, members: &[&Member]) {
    // Of each member: the id twice in escaped quotes, the info, a colon and two commas.
    let bytes = |member: &&Member| 2 * member.user_id.as_str().len() + member.escaped_info().len() + 11;
    out.reserve(64 + members.iter().map(bytes).sum::<usize>());
    out.extend_from_slice(br#"{\"presence\":{\"ids\":["#);
    json::list(out, members, |out, member| member.user_id.encode_key(out));
    out.extend_from_slice(br#"],\"hash\":{"#);
    json::list(out, members, |out, member| {
        member.user_id.encode_key(out);
        out.push(b':');
        out.extend_from_slice(member.escaped_info().as_bytes());
    });
    out.extend_from_slice(br#"},\"count\":"#);
    number(out, members.len());
    out.extend_from_slice(b"}}");
}

fn watchlist(out: &mut Vec<u8>, online: &[Arc<str>], offline: &[Arc<str>]) {
    let lists = [("online", online), ("offline", offline)].into_iter().filter(|(_, ids)| !ids.is_empty());
    out.extend_from_slice(br#"{"events":["#);
    json::list(out, lists, |out, (name, ids)| {
        out.extend_from_slice(format!(r#"{{"name":"{name}","user_ids":["#).as_bytes());
        json::list(out, ids, |out, id| json::string(out, id));
        out.extend_from_slice(b"]}");
    });
    out.extend_from_slice(b"]}");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Limits;

    fn line(event: Event<'_>) -> String {
        let mut out = Vec::new();
        event.encode(&mut out);
        let text = String::from_utf8(out).unwrap();
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{text}");
        text
    }

    proptest! {
        #[test]
        fn members_are_sent_as_they_came(
            id in r#"(\\|"|\n|[ a-z]|é|😀){1,9}"#,
            number: i32,
            info in r#"(\\|"|\n|[ a-z]|é|😀){0,9}"#,
            space in "[ \t\n]?",
        ) {
            let channel = &ChannelName::parse("presence-c", &Limits::default()).unwrap();
            let info = format!("{{{space}\"a\":{}}}", serde_json::to_string(&info)?);
            for id in [serde_json::to_string(&id)?, number.to_string()] {
                let json = format!(r#"{{"user_id":{id},"user_info":{info}}}"#);
                let member = &Member::parse(&json, &Limits::default()).unwrap();
                let data = |event| serde_json::from_str::<serde_json::Value>(&line(event)).unwrap()["data"].clone();
                prop_assert_eq!(data(Event::MemberAdded { channel, member }), json);
                let removed = data(Event::MemberRemoved { channel, user_id: &member.user_id });
                prop_assert_eq!(removed, format!(r#"{{"user_id":{id}}}"#));
                let key = serde_json::to_string(member.user_id.as_str())?;
                let snapshot = data(Event::SubscriptionSucceeded { channel, members: Some(&[member]) });
                let expected = format!(r#"{{"presence":{{"ids":[{key}],"hash":{{{key}:{info}}},"count":1}}}}"#);
                prop_assert_eq!(snapshot, expected);
            }
        }
    }

    #[test]
    fn every_event_as_it_goes_out() {
        let limits = Limits::default();
        let channel = &ChannelName::parse("presence-c", &limits).unwrap();
        let one = Member::parse(r#"{"user_id":1,"user_info":{"name":"A \"B\""}}"#, &limits).unwrap();
        let two = Member::parse(r#"{"user_id":"zwei"}"#, &limits).unwrap();
        let data = &EventData::from_text("{\"text\":\"line\nbreak \u{1F600} \\\"}");
        let watched: [Arc<str>; 2] = ["a".into(), "b\"".into()];
        insta::assert_snapshot!(
            [
                Event::ConnectionEstablished { socket_id: SocketId::from_random(7), activity_timeout: 30 },
                Event::Error { code: Some(4001), message: "Application does not exist" },
                Event::Error { code: None, message: "a \"quote\"" },
                Event::Pong,
                Event::SubscriptionSucceeded { channel, members: None },
                Event::SubscriptionSucceeded { channel, members: Some(&[]) },
                Event::SubscriptionSucceeded { channel, members: Some(&[&one, &two]) },
                Event::SubscriptionError { channel: "private-\"", error: "Invalid signature", status: 401 },
                Event::MemberAdded { channel, member: &one },
                Event::MemberAdded { channel, member: &two },
                Event::MemberRemoved { channel, user_id: &one.user_id },
                Event::MemberRemoved { channel, user_id: &two.user_id },
                Event::SubscriptionCount { channel, count: 3 },
                Event::CacheMiss { channel },
                Event::SignInSuccess { user_data: r#"{"id":"u"}"# },
                Event::Watchlist { online: &watched[..1], offline: &watched[1..] },
                Event::Watchlist { online: &[], offline: &watched },
                Event::Direct { event: "hello", data },
                Event::Published { event: "App\\Events\\X", channel, data, user_id: None },
                Event::Published { event: "client-x", channel, data, user_id: Some("1") },
            ]
            .map(line)
            .join("\n")
        );
    }
}
