//! Users: the members of presence channels, and those who sign in.

use std::{
    collections::HashSet,
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{Limits, error::InvalidUser, json};

/// The id of a user. It is compared as text, and written as the JSON type that it came in: numbers travel as numbers
/// (Pusher's documentation warns of those over 2⁵³, so its server passes them on).
#[derive(Clone)]
pub struct UserId {
    text: Arc<str>,
    is_number: bool,
}

impl UserId {
    /// The id as text, which is how the HTTP API, `ids` and client events give it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Appends the id as JSON, in the type that the app's backend gave it.
    pub fn encode(&self, out: &mut Vec<u8>) {
        if self.is_number { out.extend_from_slice(self.text.as_bytes()) } else { json::string(out, &self.text) }
    }

    fn parse(json: &RawValue, field: &'static str, limits: &Limits) -> Result<Self, InvalidUser> {
        let is_number = json.get().starts_with(|first: char| first == '-' || first.is_ascii_digit());
        let text = if is_number {
            json.get().into()
        } else {
            serde_json::from_str::<String>(json.get()).map_err(|_| InvalidUser::Id { field })?
        };
        let (size, limit) = (text.chars().count(), limits.user_id_chars as usize);
        match size {
            0 => Err(InvalidUser::Id { field }),
            _ if size > limit => Err(InvalidUser::IdTooLong { size, limit }),
            _ => Ok(Self { text: text.into(), is_number }),
        }
    }
}

impl From<&str> for UserId {
    /// The id of this text, as a JSON string.
    fn from(text: &str) -> Self {
        Self { text: text.into(), is_number: false }
    }
}

impl PartialEq for UserId {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for UserId {}

impl Hash for UserId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl std::borrow::Borrow<str> for UserId {
    fn borrow(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.text, f)
    }
}

/// A member of a presence channel: what the app's backend says of one user.
#[derive(Clone, Debug)]
pub struct Member {
    /// Who.
    pub user_id: UserId,
    /// Anything the backend wants the other members to know: JSON of any type, kept as it was written. `None` is
    /// `null`.
    pub user_info: Option<Arc<RawValue>>,
}

impl Member {
    /// Reads the `channel_data` of a presence subscription: `{"user_id": …, "user_info": …}`.
    ///
    /// Any JSON is taken as `user_info`: Laravel sends `true` where the channel's callback returns just that.
    ///
    /// # Errors
    /// When it is not such an object, or over the app's limits.
    pub fn parse(channel_data: &str, limits: &Limits) -> Result<Self, InvalidUser> {
        #[derive(Deserialize)]
        struct ChannelData<'a> {
            #[serde(borrow)]
            user_id: &'a RawValue,
            #[serde(borrow, default)]
            user_info: Option<&'a RawValue>,
        }
        let data: ChannelData<'_> = parse_object("channel_data", channel_data)?;
        Ok(Self {
            user_id: UserId::parse(data.user_id, "user_id", limits)?,
            user_info: parse_info(data.user_info, limits)?,
        })
    }

    /// Appends the member's `user_info` as JSON.
    pub fn encode_info(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.user_info.as_ref().map_or("null", |info| info.get()).as_bytes());
    }
}

/// Someone who has signed in on a connection.
#[derive(Clone, Debug)]
pub struct User {
    /// Who, and what a presence channel shows of them when a subscription says nothing else.
    pub member: Member,
    /// Whose comings and goings they want to hear of; never more than the app's limit.
    pub watchlist: Vec<Arc<str>>,
    /// How many more they asked to watch.
    pub unwatched: usize,
}

impl User {
    /// Reads the `user_data` of a sign-in: `{"id": "…", "user_info": {…}, "watchlist": ["…"]}`.
    ///
    /// # Errors
    /// When it is not such an object, or over the app's limits. A watchlist that is too long is cut, not refused.
    pub fn parse(user_data: &str, limits: &Limits) -> Result<Self, InvalidUser> {
        #[derive(Deserialize)]
        struct UserData<'a> {
            #[serde(borrow)]
            id: &'a RawValue,
            #[serde(borrow, default)]
            user_info: Option<&'a RawValue>,
            #[serde(default)]
            watchlist: Option<Vec<Arc<str>>>,
        }
        let data: UserData<'_> = parse_object("user_data", user_data)?;
        let user_id = UserId::parse(data.id, "id", limits)?;
        if user_id.is_number {
            return Err(InvalidUser::Id { field: "id" });
        }
        let mut seen = HashSet::new();
        let mut watchlist = data.watchlist.unwrap_or_default();
        watchlist.retain(|id| seen.insert(id.clone()));
        let unwatched = watchlist.len().saturating_sub(limits.watchlist_users as usize);
        watchlist.truncate(limits.watchlist_users as usize);
        let member = Member { user_id, user_info: parse_info(data.user_info, limits)? };
        Ok(Self { member, watchlist, unwatched })
    }
}

fn parse_object<'a, T: Deserialize<'a>>(field: &'static str, text: &'a str) -> Result<T, InvalidUser> {
    // A struct would also be read from an array, by position.
    let problem = if text.trim_start().starts_with('{') {
        match serde_json::from_str(text) {
            Ok(value) => return Ok(value),
            Err(error) => json::problem(&error),
        }
    } else {
        "not a JSON object".to_owned()
    };
    Err(InvalidUser::Json { field, size: text.len(), problem })
}

fn parse_info(info: Option<&RawValue>, limits: &Limits) -> Result<Option<Arc<RawValue>>, InvalidUser> {
    let limit = limits.user_info_bytes as usize;
    match info {
        Some(info) if info.get().len() > limit => Err(InvalidUser::InfoTooLong { size: info.get().len(), limit }),
        info => Ok(info.map(|info| Arc::from(info.to_owned()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(channel_data: &str) -> Result<Member, InvalidUser> {
        Member::parse(channel_data, &Limits::default())
    }

    fn encoded(id: &UserId) -> String {
        let mut out = Vec::new();
        id.encode(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_user_id_keeps_its_type_and_is_compared_as_text() {
        let number = member(r#"{"user_id":9007199254740993}"#).unwrap().user_id;
        let string = member(r#"{"user_id":"9007199254740993"}"#).unwrap().user_id;
        assert_eq!(
            (encoded(&number).as_str(), encoded(&string).as_str()),
            ("9007199254740993", r#""9007199254740993""#)
        );
        assert_eq!(number, string);
    }

    #[test]
    fn any_json_is_user_info() {
        for info in ["true", "null", "{}", "[1, 2]", r#""x""#, r#"{"a": {"b": []}}"#] {
            let mut out = Vec::new();
            member(&format!(r#"{{"user_id":1,"user_info":{info}}}"#)).unwrap().encode_info(&mut out);
            assert_eq!(out, info.as_bytes());
        }
        assert!(member(r#"{"user_id":1}"#).unwrap().user_info.is_none());
    }

    #[test]
    fn what_is_no_member_is_refused_with_its_reason() {
        for text in ["", "null", "[1]", "{}", r#"{"user_info":{}}"#, r#"{"user_id":"1""#] {
            assert!(matches!(member(text), Err(InvalidUser::Json { field: "channel_data", .. })), "{text}");
        }
        for id in ["null", "true", "{}", r#""""#] {
            let refused = member(&format!(r#"{{"user_id":{id}}}"#)).unwrap_err();
            assert_eq!(refused.to_string(), "user_id must be a non-empty string or a number");
        }
        let long = member(&format!(r#"{{"user_id":"{}"}}"#, "é".repeat(129))).unwrap_err();
        assert_eq!(long, InvalidUser::IdTooLong { size: 129, limit: 128 });
        let info = member(&format!(r#"{{"user_id":1,"user_info":"{}"}}"#, "x".repeat(2_047))).unwrap_err();
        assert_eq!(info, InvalidUser::InfoTooLong { size: 2_049, limit: 2_048 });
    }

    #[test]
    fn a_user_has_a_string_id_and_a_bounded_watchlist() {
        let watched: Vec<String> = (0..103).map(|n| format!("\"{n}\"")).collect();
        let text = format!(r#"{{"id":"u","user_info":{{"n":1}},"watchlist":[{}]}}"#, watched.join(","));
        let user = User::parse(&text, &Limits::default()).unwrap();
        assert_eq!((user.watchlist.len(), user.unwatched, user.member.user_id.as_str()), (100, 3, "u"));
        let refused = User::parse(r#"{"id":7}"#, &Limits::default()).unwrap_err();
        assert_eq!(refused.to_string(), "id must be a non-empty string");
    }
}
