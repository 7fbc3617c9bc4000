//! The largest sizes of whole messages, computed from the limits of their parts.
//!
//! In JSON a byte may be written with six bytes (`\u0000`), and a character with twelve (a surrogate pair). The sizes
//! allow for that, so a message whose parts are within their limits is never too long, however it is escaped.

use crate::Limits;

/// The largest number of bytes in JSON for a byte of text.
const BYTE: usize = 6;
/// The largest number of bytes in JSON for a character of text.
const CHAR: usize = 12;
/// Two quotes and a comma, in bytes.
const PUNCTUATION: usize = 3;
/// Bytes for the rest of a message: names of fields, an `auth`, white space, unknown fields.
const REST: usize = 4_096;
/// The largest size of a message in bytes, even if the limits allow more.
const MOST: usize = 64 << 20;

impl Limits {
    /// The largest size of a client's WebSocket message, in bytes: enough for an event, the subscription of a presence
    /// member, or a sign-in with a full watchlist.
    ///
    /// It does not depend on the app's switches: a message of a kind that is switched off is answered and does not end
    /// the connection.
    #[must_use]
    pub const fn message_bytes(&self) -> usize {
        at_most(max(self.event_bytes(1), max(self.subscription_bytes(), self.sign_in_bytes())))
    }

    /// The largest size of the body of an HTTP request that publishes an event, in bytes.
    #[must_use]
    pub const fn event_body_bytes(&self) -> usize {
        at_most(self.event_bytes(self.channels_per_event as usize))
    }

    /// The largest size of the body of an HTTP request that publishes a batch, in bytes.
    #[must_use]
    pub const fn batch_body_bytes(&self) -> usize {
        at_most(self.events_per_batch as usize * self.event_bytes(1))
    }

    /// The largest size of an event for `channels` channels, in bytes. Each part is a JSON string.
    const fn event_bytes(&self, channels: usize) -> usize {
        let channel = self.channel_name_bytes as usize + PUNCTUATION;
        BYTE * (self.event_data_bytes as usize + channels * channel) + CHAR * self.event_name_chars as usize + REST
    }

    /// The largest size of a subscription, in bytes. Its `channel_data` is JSON in a JSON string.
    const fn subscription_bytes(&self) -> usize {
        BYTE * (self.channel_name_bytes as usize + self.user_id_bytes() + self.user_info_bytes as usize) + REST
    }

    /// The largest size of a sign-in, in bytes. Its `user_data` is JSON in a JSON string, with the ids of the user and
    /// of the watchlist.
    const fn sign_in_bytes(&self) -> usize {
        BYTE * ((1 + self.watchlist_users as usize) * self.user_id_bytes() + self.user_info_bytes as usize) + REST
    }

    /// The largest size of a user's id in JSON, in bytes.
    const fn user_id_bytes(&self) -> usize {
        CHAR * self.user_id_chars as usize + PUNCTUATION
    }
}

const fn max(one: usize, other: usize) -> usize {
    if one > other { one } else { other }
}

const fn at_most(bytes: usize) -> usize {
    if bytes < MOST { bytes } else { MOST }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        ClientCommand, EventData, Member, User,
        recovery::{SOCKETS, TOKEN_BYTES},
    };

    /// `text` as a JSON string with every code unit escaped: the longest form that a sender can choose.
    fn escaped(text: &str) -> String {
        let units: Vec<String> = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
        format!("\"{}\"", units.concat())
    }

    fn small() -> Limits {
        Limits {
            channel_name_bytes: 40,
            event_name_chars: 20,
            event_data_bytes: 300,
            channels_per_event: 3,
            events_per_batch: 2,
            user_id_chars: 9,
            user_info_bytes: 90,
            watchlist_users: 4,
            ..Limits::default()
        }
    }

    #[test]
    fn what_the_defaults_add_up_to() {
        let limits = Limits::default();
        assert_eq!(limits.event_bytes(1), 6 * (102_400 + 203) + 12 * 200 + 4_096);
        assert_eq!(limits.subscription_bytes(), 6 * (200 + 12 * 128 + 3 + 2_048) + 4_096);
        assert_eq!(limits.sign_in_bytes(), 6 * (101 * (12 * 128 + 3) + 2_048) + 4_096);
        assert_eq!(limits.message_bytes(), 949_018);
        assert_eq!(limits.event_body_bytes(), 742_696);
        assert_eq!(limits.batch_body_bytes(), 6_221_140);
    }

    /// Each part is as long as its limit allows, and every byte is written in its longest form.
    #[test]
    fn what_is_within_the_limits_is_never_too_long() {
        for limits in [small(), Limits { user_info_bytes: 9_000, ..small() }, Limits::default()] {
            let text = |char: &str, size: u32| char.repeat(size as usize);
            let (name, channel) = (text("😀", limits.event_name_chars - 7), text("c", limits.channel_name_bytes));
            let id = escaped(&text("😀", limits.user_id_chars));
            let info = format!("\"{}\"", text("x", limits.user_info_bytes - 2));
            let ids = vec![id.as_str(); limits.watchlist_users as usize].join(", ");

            let (event, channel) = (escaped(&format!("client-{name}")), escaped(&channel));
            let data = escaped(&text("\0", limits.event_data_bytes));
            let whisper = format!(r#"{{"event":{event},"channel":{channel},"data":{data}}}"#);
            assert!(whisper.len() <= limits.event_bytes(1));
            let Ok(ClientCommand::ClientEvent(event)) = ClientCommand::parse(&whisper) else {
                panic!("no client event")
            };
            assert_eq!(event.event.chars().count(), limits.event_name_chars as usize);
            assert_eq!(event.data.map(|data| EventData::new(data).bytes()), Some(limits.event_data_bytes as usize));

            let auth = json!(format!("{}:{}", "k".repeat(64), "0".repeat(64)));
            let member = format!(r#"{{"user_id":{id},"user_info":{info}}}"#);
            assert!(Member::parse(&member, &limits).is_ok());
            let member = escaped(&member);
            let sockets = vec![escaped("1000000000.1000000000"); SOCKETS].join(", ");
            let token = escaped(&"t".repeat(TOKEN_BYTES));
            let recover = format!(r#"{{"token":{token},"seq":9007199254740991,"sockets":[{sockets}]}}"#);
            let data = format!(r#"{{"auth":{auth},"channel":{channel},"channel_data":{member},"recover":{recover}}}"#);
            let join = format!(r#"{{"event":"pusher:subscribe","data":{data}}}"#);
            assert!(join.len() <= limits.subscription_bytes());
            assert!(matches!(ClientCommand::parse(&join), Ok(ClientCommand::Subscribe(_))));

            let user = format!(r#"{{"id":{id},"user_info":{info},"watchlist":[{ids}]}}"#);
            assert!(User::parse(&user, &limits).is_ok());
            let user = escaped(&user);
            let sign_in = format!(r#"{{"event":"pusher:signin","data":{{"auth":{auth},"user_data":{user}}}}}"#);
            assert!(sign_in.len() <= limits.sign_in_bytes());
            assert!(matches!(ClientCommand::parse(&sign_in), Ok(ClientCommand::SignIn(_))));
        }
    }

    /// Some clients send `data` as a string. Escaping such a string once more needs much less than the room for it.
    #[test]
    fn data_in_a_string_is_never_too_long() {
        let quoted = |text: &str| serde_json::to_string(text).unwrap();
        let limits = Limits { user_info_bytes: 9_000, ..small() };
        let id = quoted(&"\"".repeat(limits.user_id_chars as usize));
        let info = quoted(&"\"".repeat(limits.user_info_bytes as usize / 2 - 1));
        let ids = vec![id.as_str(); limits.watchlist_users as usize].join(",");
        let user = format!(r#"{{"id":{id},"user_info":{info},"watchlist":[{ids}]}}"#);
        assert!(User::parse(&user, &limits).is_ok());
        let data = format!(r#"{{"auth":"k:s","user_data":{}}}"#, quoted(&user));
        let sign_in = format!(r#"{{"event":"pusher:signin","data":{}}}"#, quoted(&data));
        assert!(sign_in.len() <= limits.sign_in_bytes());
        let Ok(ClientCommand::SignIn(sign_in)) = ClientCommand::parse(&sign_in) else { panic!("no sign-in") };
        assert_eq!(sign_in.user_data, user);
    }

    #[test]
    fn the_longest_of_all_is_bounded() {
        let limits = Limits { watchlist_users: 10_000, user_id_chars: 1_000, ..Limits::default() };
        assert_eq!(limits.message_bytes(), 64 << 20);
        let limits = Limits { event_data_bytes: 10 << 20, channels_per_event: 10_000, ..Limits::default() };
        assert_eq!(limits.message_bytes(), limits.event_bytes(1));
        assert_eq!([limits.event_body_bytes(), limits.batch_body_bytes()], [64 << 20; 2]);
    }
}
