//! Users: the members of presence channels, and users that have signed in.

use std::{borrow::Cow, collections::HashSet, sync::Arc};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{Limits, UserId, UserInfo, error::InvalidUser, json, user_id};

/// A member of a presence channel, as the app's backend describes the user.
#[derive(Clone, Debug)]
pub struct Member {
    /// The id of the user.
    pub user_id: UserId,
    /// What the backend shows of the user to the other members. `None` is `null`.
    pub user_info: Option<UserInfo>,
}

impl Member {
    /// Parses the `channel_data` of a presence subscription: `{"user_id": …, "user_info": …}`.
    ///
    /// `user_info` may be any JSON: Laravel sends `true` if the channel's callback returns `true`.
    ///
    /// # Errors
    /// When it is not such an object, or exceeds the app's limits.
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

    /// The member as JSON: `{"user_id":…,"user_info":…}`.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let info = self.info_json();
        let mut out = Vec::with_capacity(self.user_id.as_str().len() + info.len() + 32);
        out.extend_from_slice(b"{\"user_id\":");
        self.user_id.encode(&mut out);
        out.extend_from_slice(b",\"user_info\":");
        out.extend_from_slice(info.as_bytes());
        out.push(b'}');
        out
    }

    /// The member's `user_info` as JSON.
    #[must_use]
    pub fn info_json(&self) -> Cow<'static, str> {
        self.user_info.as_ref().map_or(Cow::Borrowed("null"), |info| Cow::Owned(info.json()))
    }

    /// Appends the member as JSON within a JSON string: `{\"user_id\":…,\"user_info\":…}`.
    pub(crate) fn encode_escaped(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(br#"{\"user_id\":"#);
        self.user_id.encode_escaped(out);
        out.extend_from_slice(br#",\"user_info\":"#);
        out.extend_from_slice(self.escaped_info().as_bytes());
        out.push(b'}');
    }

    /// The member's `user_info` as JSON within a JSON string.
    pub(crate) fn escaped_info(&self) -> &str {
        self.user_info.as_ref().map_or("null", UserInfo::as_escaped)
    }
}

/// A user that has signed in on a connection.
#[derive(Clone, Debug)]
pub struct User<'a> {
    /// The id of the user, and the member for presence channels whose subscription names none.
    pub member: Member,
    /// The users whose coming and going the client is notified of; never more than the app's limit.
    pub watchlist: Vec<Arc<str>>,
    /// The number of users that were cut off the watchlist because of the limit.
    pub unwatched: usize,
    /// The answer for the client: the signed text, with a numeric id as a string. pusher-js drops a sign-in whose `id`
    /// is not a string.
    pub user_data: Cow<'a, str>,
}

impl<'a> User<'a> {
    /// Parses the `user_data` of a sign-in: `{"id": "…", "user_info": {…}, "watchlist": ["…"]}`.
    ///
    /// The protocol requires strings as ids. A number is accepted as its text, because the official PHP library signs
    /// `{"id":1}` for a Laravel site that returns a user's primary key.
    ///
    /// # Errors
    /// When it is not such an object, or exceeds the app's limits. A watchlist that is too long is cut, not refused.
    pub fn parse(user_data: &'a str, limits: &Limits) -> Result<Self, InvalidUser> {
        #[derive(Deserialize)]
        struct UserData<'a> {
            #[serde(borrow)]
            id: &'a RawValue,
            #[serde(borrow, default)]
            user_info: Option<&'a RawValue>,
            #[serde(borrow, default)]
            watchlist: Option<Vec<&'a RawValue>>,
        }
        let data: UserData<'_> = parse_object("user_data", user_data)?;
        let user_id = UserId::parse(data.id, "id", limits)?.into_string();
        let watched = |id| user_id::text(id).map(Arc::from).ok_or(InvalidUser::Watchlist);
        let mut watchlist: Vec<Arc<str>> =
            data.watchlist.unwrap_or_default().into_iter().map(watched).collect::<Result<_, _>>()?;
        let mut seen = HashSet::new();
        watchlist.retain(|id| seen.insert(id.clone()));
        let unwatched = watchlist.len().saturating_sub(limits.watchlist_users as usize);
        watchlist.truncate(limits.watchlist_users as usize);
        let member = Member { user_id, user_info: parse_info(data.user_info, limits)? };
        Ok(Self { member, watchlist, unwatched, user_data: with_string_id(user_data, data.id) })
    }
}

/// Puts a numeric id in quotes. `id` is the part of `user_data` that contains it.
fn with_string_id<'a>(user_data: &'a str, id: &RawValue) -> Cow<'a, str> {
    if !user_id::is_number(id) {
        return user_data.into();
    }
    let (before, rest) = user_data.split_at(id.get().as_ptr().addr() - user_data.as_ptr().addr());
    let (number, after) = rest.split_at(id.get().len());
    format!("{before}\"{number}\"{after}").into()
}

fn parse_object<'a, T: Deserialize<'a>>(field: &'static str, text: &'a str) -> Result<T, InvalidUser> {
    // Serde would also read a struct from an array, by position.
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

fn parse_info(info: Option<&RawValue>, limits: &Limits) -> Result<Option<UserInfo>, InvalidUser> {
    let limit = limits.user_info_bytes as usize;
    match info {
        Some(info) if info.get().len() > limit => Err(InvalidUser::InfoTooLong { size: info.get().len(), limit }),
        info => Ok(info.map(UserInfo::new)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(channel_data: &str) -> Result<Member, InvalidUser> {
        Member::parse(channel_data, &Limits::default())
    }

    #[test]
    fn any_json_is_user_info() {
        for info in ["true", "null", "{}", "[1, 2]", r#""x""#, r#"{"a": {"b": []}}"#] {
            let member = member(&format!(r#"{{"user_id":1,"user_info":{info}}}"#)).unwrap();
            assert_eq!(member.info_json(), info);
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
        let half = member(r#"{"user_id":"a\ud83d"}"#).unwrap_err();
        assert_eq!(half.to_string(), "user_id (9 bytes) is not Unicode: it has half of a surrogate pair at byte 2");
        assert_eq!(member(r#"{"user_id":"\ud83d\ude00"}"#).unwrap().user_id.as_str(), "\u{1f600}");
        let long = member(&format!(r#"{{"user_id":"{}"}}"#, "é".repeat(129))).unwrap_err();
        assert_eq!(long, InvalidUser::IdTooLong { size: 129, limit: 128 });
        let info = member(&format!(r#"{{"user_id":1,"user_info":"{}"}}"#, "x".repeat(2_047))).unwrap_err();
        assert_eq!(info, InvalidUser::InfoTooLong { size: 2_049, limit: 2_048 });
    }

    #[test]
    fn a_user_has_a_bounded_watchlist() {
        let watched: Vec<String> = (0..103).map(|n| format!("\"{n}\"")).collect();
        let text = format!(r#"{{"id":"u","user_info":{{"n":1}},"watchlist":[{}]}}"#, watched.join(","));
        let user = User::parse(&text, &Limits::default()).unwrap();
        assert_eq!((user.watchlist.len(), user.unwatched, user.member.user_id.as_str()), (100, 3, "u"));
        let text = r#"{"id":"u","watchlist":[2,"2",3.0]}"#;
        assert_eq!(User::parse(text, &Limits::default()).unwrap().watchlist, ["2".into(), "3.0".into()]);
    }

    #[test]
    fn the_answer_to_a_sign_in_has_a_string_id_and_is_otherwise_as_it_came() {
        for (came, goes, id) in [
            (r#"{"id":"u"}"#, r#"{"id":"u"}"#, "u"),
            (r#"{"id":1}"#, r#"{"id":"1"}"#, "1"),
            (
                " {\"n\":1, \"\\u0069d\" :\n-12.50 ,\"user_info\":{\"id\":1}}",
                " {\"n\":1, \"\\u0069d\" :\n\"-12.50\" ,\"user_info\":{\"id\":1}}",
                "-12.50",
            ),
            (r#"{"é":"😀","id":9007199254740993}"#, r#"{"é":"😀","id":"9007199254740993"}"#, "9007199254740993"),
        ] {
            let user = User::parse(came, &Limits::default()).unwrap();
            assert_eq!((&*user.user_data, user.member.user_id.as_str()), (goes, id));
            let mut json = Vec::new();
            user.member.user_id.encode(&mut json);
            assert_eq!(json, format!("\"{id}\"").as_bytes());
        }
    }

    #[test]
    fn what_is_no_user_is_refused_with_its_reason() {
        let refused = |text: &str| User::parse(text, &Limits::default()).unwrap_err().to_string();
        for id in ["null", "true", "{}", "[1]", r#""""#] {
            assert_eq!(refused(&format!(r#"{{"id":{id}}}"#)), "id must be a non-empty string or a number");
        }
        assert_eq!(
            refused(&format!(r#"{{"id":{}}}"#, "1".repeat(129))),
            "the user's id has 129 characters, the limit is 128"
        );
        assert_eq!(refused(r#"{"id":1,"watchlist":[null]}"#), "each id in watchlist must be a string or a number");
    }
}
