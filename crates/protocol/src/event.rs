//! What the server says.
//!
//! Every event is one JSON object. `data` is a JSON *string* in all of them but `pusher:error`, where it is an object:
//! the native client libraries read nothing else.

use std::sync::Arc;

use crate::{ChannelName, EventData, Member, SocketId, UserId, json};

/// The code of a client event that came too fast.
pub const CLIENT_EVENT_RATE: u16 = 4301;
/// The code of a watchlist that is too long.
pub const WATCHLIST_TOO_LONG: u16 = 4302;

/// One message to one or many clients.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// `pusher:connection_established`, the first of a connection.
    ConnectionEstablished {
        /// The id of the connection.
        socket_id: SocketId,
        /// After how many seconds of silence the client shall ping; never 0.
        activity_timeout: u32,
    },
    /// `pusher:error`. A code of 4000–4299 belongs to a connection that is being closed; others stay open.
    Error {
        /// Pusher's code; `None`, written `null`, where real has none.
        code: Option<u16>,
        /// For the developer.
        message: &'a str,
    },
    /// `pusher:pong`.
    Pong,
    /// `pusher_internal:subscription_succeeded`.
    SubscriptionSucceeded {
        /// Which.
        channel: &'a ChannelName,
        /// Who is there, on a presence channel: one member a user, the new one included.
        members: Option<&'a [&'a Member]>,
    },
    /// `pusher:subscription_error`, which Echo's `.error()` listens to.
    SubscriptionError {
        /// Which, as the client wrote it.
        channel: &'a str,
        /// Why.
        error: &'a str,
        /// An HTTP status: 401 for a bad signature, 403 for what is not allowed, 400 for what is not understood.
        status: u16,
    },
    /// `pusher_internal:member_added`, to all but the one who joins, for a user's first connection.
    MemberAdded {
        /// Where.
        channel: &'a ChannelName,
        /// Who.
        member: &'a Member,
    },
    /// `pusher_internal:member_removed`, when a user's last connection has left.
    MemberRemoved {
        /// Where.
        channel: &'a ChannelName,
        /// Who.
        user_id: &'a UserId,
    },
    /// `pusher_internal:subscription_count`.
    SubscriptionCount {
        /// Where.
        channel: &'a ChannelName,
        /// How many connections.
        count: usize,
    },
    /// `pusher:cache_miss`: the channel remembers nothing.
    CacheMiss {
        /// Where.
        channel: &'a ChannelName,
    },
    /// `pusher:signin_success`.
    SignInSuccess {
        /// The text that was signed, with a string as its `id`.
        user_data: &'a str,
    },
    /// `pusher_internal:watchlist_events`.
    Watchlist {
        /// Those of the watchlist who are, or came, online.
        online: &'a [Arc<str>],
        /// Those who are not, or left.
        offline: &'a [Arc<str>],
    },
    /// An event of the app's backend or of another client.
    Published {
        /// Its name.
        event: &'a str,
        /// Where.
        channel: &'a ChannelName,
        /// Its data.
        data: &'a EventData,
        /// Who sent it, where a member of a presence channel did. Written as a string: some clients drop a number.
        user_id: Option<&'a str>,
    },
}

impl Event<'_> {
    /// Appends the event as JSON.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match *self {
            Self::ConnectionEstablished { socket_id, activity_timeout } => {
                system(out, "pusher:connection_established", None, |out| {
                    out.extend_from_slice(
                        format!(r#"{{"socket_id":"{socket_id}","activity_timeout":{activity_timeout}}}"#).as_bytes(),
                    );
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
                system(out, "pusher_internal:subscription_succeeded", Some(channel.as_str()), |out| match members {
                    Some(members) => snapshot(out, members),
                    None => empty(out),
                });
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
                system(out, "pusher_internal:member_added", Some(channel.as_str()), |out| {
                    out.extend_from_slice(br#"{"user_id":"#);
                    member.user_id.encode(out);
                    out.extend_from_slice(br#","user_info":"#);
                    member.encode_info(out);
                    out.push(b'}');
                });
            }
            Self::MemberRemoved { channel, user_id } => {
                system(out, "pusher_internal:member_removed", Some(channel.as_str()), |out| {
                    out.extend_from_slice(br#"{"user_id":"#);
                    user_id.encode(out);
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
        }
    }
}

/// An event of the server's own, with its data as a string.
fn system(out: &mut Vec<u8>, event: &str, channel: Option<&str>, data: impl FnOnce(&mut Vec<u8>)) {
    out.extend_from_slice(br#"{"event":"#);
    json::string(out, event);
    if let Some(channel) = channel {
        out.extend_from_slice(br#","channel":"#);
        json::string(out, channel);
    }
    out.extend_from_slice(br#","data":"#);
    json::nested(out, data);
    out.push(b'}');
}

fn empty(out: &mut Vec<u8>) {
    out.extend_from_slice(b"{}");
}

fn number(out: &mut Vec<u8>, number: usize) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// `ids` are always strings and `hash` always an object: clients index the second by the first.
fn snapshot(out: &mut Vec<u8>, members: &[&Member]) {
    out.extend_from_slice(br#"{"presence":{"ids":["#);
    json::list(out, members, |out, member| json::string(out, member.user_id.as_str()));
    out.extend_from_slice(br#"],"hash":{"#);
    json::list(out, members, |out, member| {
        json::string(out, member.user_id.as_str());
        out.push(b':');
        member.encode_info(out);
    });
    out.extend_from_slice(br#"},"count":"#);
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
    use super::*;
    use crate::Limits;

    fn line(event: Event<'_>) -> String {
        let mut out = Vec::new();
        event.encode(&mut out);
        let text = String::from_utf8(out).unwrap();
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{text}");
        text
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
                Event::Published { event: "App\\Events\\X", channel, data, user_id: None },
                Event::Published { event: "client-x", channel, data, user_id: Some("1") },
            ]
            .map(line)
            .join("\n")
        );
    }
}
