//! The messages that a client may send.

use std::borrow::Cow;

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::{Recover, error::InvalidCommand, json};

/// The prefix of the names of all client events.
const CLIENT_EVENT_PREFIX: &str = "client-";

/// A message of a client.
#[derive(Debug)]
pub enum ClientCommand<'a> {
    /// `pusher:ping`, which is answered with `pusher:pong`. Its data differs between libraries and has no meaning.
    Ping,
    /// `pusher:pong`: shows that the client is alive.
    Pong,
    /// `pusher:subscribe`.
    Subscribe(Subscribe),
    /// `pusher:unsubscribe`, which is never answered.
    Unsubscribe {
        /// The name of the channel, not validated.
        channel: String,
    },
    /// `pusher:signin`.
    SignIn(SignIn),
    /// `client-…`: an event for the other subscribers of a channel.
    ClientEvent(ClientEvent<'a>),
}

/// A request to subscribe.
#[derive(Debug, Deserialize)]
pub struct Subscribe {
    /// The name of the channel, not validated.
    pub channel: String,
    /// `key:signature`. Clients send an empty text for public channels.
    #[serde(default)]
    pub auth: Option<String>,
    /// The text that the backend has signed in addition: the member's JSON for a presence channel, any text for others.
    #[serde(default)]
    pub channel_data: Option<String>,
    /// What it asks of recovery.
    #[serde(default, deserialize_with = "Recover::deserialize")]
    pub recover: Recover,
}

/// A request to sign in as a user.
#[derive(Debug, Deserialize)]
pub struct SignIn {
    /// `key:signature`.
    pub auth: String,
    /// The user's JSON. The backend has signed it.
    pub user_data: String,
}

/// An event of a client. Other fields of the message are dropped, so a forged `user_id` does not get any further.
#[derive(Debug)]
pub struct ClientEvent<'a> {
    /// The name, with its prefix.
    pub event: Cow<'a, str>,
    /// The name of the channel, not validated.
    pub channel: Cow<'a, str>,
    /// The data, any JSON: pusher-js sends objects, the Java client strings.
    pub data: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    event: Cow<'a, str>,
    #[serde(borrow, default)]
    channel: Option<&'a RawValue>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
}

impl<'a> ClientCommand<'a> {
    /// Parses a message.
    ///
    /// # Errors
    /// When it is not JSON of the required form, or names an event that clients may not send.
    pub fn parse(text: &'a str) -> Result<Self, InvalidCommand> {
        let invalid = |problem: String| InvalidCommand::Json { size: text.len(), problem };
        if !text.trim_ascii_start().starts_with('{') {
            return Err(invalid("not a JSON object".to_owned()));
        }
        let message: Message<'a> = serde_json::from_str(text).map_err(|error| invalid(json::problem(&error)))?;
        match message.event.as_ref() {
            "pusher:ping" => Ok(Self::Ping),
            "pusher:pong" => Ok(Self::Pong),
            "pusher:subscribe" => Ok(Self::Subscribe(parse_data(message.data, "data.channel")?)),
            "pusher:unsubscribe" => {
                let Subscribe { channel, .. } = parse_data(message.data, "data.channel")?;
                Ok(Self::Unsubscribe { channel })
            }
            "pusher:signin" => Ok(Self::SignIn(parse_data(message.data, "data.auth or data.user_data")?)),
            name if name.starts_with(CLIENT_EVENT_PREFIX) => {
                let channel = message.channel.ok_or(InvalidCommand::Missing("channel"))?;
                let channel = serde_json::from_str(channel.get())
                    .map_err(|error| InvalidCommand::Field { field: "channel", problem: json::problem(&error) })?;
                Ok(Self::ClientEvent(ClientEvent { event: message.event, channel, data: message.data }))
            }
            name => Err(InvalidCommand::Unsupported(name.chars().take(200).collect())),
        }
    }
}

/// Parses `data`, which is an object or, from some clients, a string that contains one.
fn parse_data<T: DeserializeOwned>(data: Option<&RawValue>, needs: &'static str) -> Result<T, InvalidCommand> {
    let data = data.ok_or(InvalidCommand::Missing(needs))?.get();
    let text = match data.starts_with('"').then(|| serde_json::from_str::<String>(data)) {
        Some(Ok(inner)) => Cow::Owned(inner),
        _ => Cow::Borrowed(data),
    };
    if !text.trim_ascii_start().starts_with('{') {
        return Err(InvalidCommand::Missing(needs));
    }
    serde_json::from_str(&text).map_err(|error| {
        let problem = json::problem(&error);
        if problem.starts_with("missing field") {
            InvalidCommand::Missing(needs)
        } else {
            InvalidCommand::Field { field: "data", problem }
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pings_come_in_every_form() {
        for text in [
            r#"{"event":"pusher:ping","data":{}}"#,
            r#"{"event":"pusher:ping","data":""}"#,
            r#" {"event":"pusher:ping"}"#,
            r#"{"data":null,"event":"pusher:ping","x":[1,{"y":2}]}"#,
        ] {
            assert!(matches!(ClientCommand::parse(text), Ok(ClientCommand::Ping)), "{text}");
        }
    }

    #[test]
    fn a_subscription_with_data_as_object_or_string() {
        for text in [
            r#"{"event":"pusher:subscribe","data":{"channel":"c","auth":"","channel_data":null}}"#,
            r#"{"event":"pusher:subscribe","data":"{\"channel\":\"c\",\"auth\":null}"}"#,
            r#"{"event":"pusher:subscribe","data":{"channel":"c"}}"#,
        ] {
            let Ok(ClientCommand::Subscribe(subscribe)) = ClientCommand::parse(text) else { panic!("{text}") };
            assert_eq!((subscribe.channel.as_str(), subscribe.channel_data), ("c", None));
            assert!(subscribe.auth.is_none_or(|auth| auth.is_empty()));
        }
    }

    #[test]
    fn a_client_event_keeps_its_data_as_written() {
        let text = r#"{"event":"client-x","channel":"private-c","data":{ "a" : 1.0 },"user_id":"forged"}"#;
        let Ok(ClientCommand::ClientEvent(event)) = ClientCommand::parse(text) else { panic!() };
        assert_eq!((event.event.as_ref(), event.channel.as_ref()), ("client-x", "private-c"));
        assert_eq!(event.data.map(RawValue::get), Some(r#"{ "a" : 1.0 }"#));
    }

    #[test]
    fn what_is_not_understood_is_named() {
        let refused = |text| ClientCommand::parse(text).unwrap_err().to_string();
        insta::assert_snapshot!(
            [
                "",
                "[]",
                "{}",
                "{\"event\":7}",
                "{\"event\":\"pusher:ping\"",
                r#"{"event":"pusher:subscribe"}"#,
                r#"{"event":"pusher:subscribe","data":{}}"#,
                r#"{"event":"pusher:subscribe","data":{"channel":7}}"#,
                r#"{"event":"pusher:subscribe","data":{"channel":"c","channel_data":{}}}"#,
                r#"{"event":"pusher:signin","data":{"auth":"a:b"}}"#,
                r#"{"event":"client-x","data":{}}"#,
                r#"{"event":"client-x","channel":{},"data":{}}"#,
                r#"{"event":"pusher_internal:member_added","data":{}}"#,
                r#"{"event":"x-client-y","data":{}}"#,
            ]
            .map(refused)
            .join("\n")
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC*") {
            let _ = ClientCommand::parse(&text);
        }

        #[test]
        fn no_json_makes_the_parser_panic(
            event in "(pusher:(ping|subscribe|unsubscribe|signin)|client-[a-z]{0,3}|[a-z:]{0,8})",
            data in "(\\{\"channel\":.{0,20}\\}|\"\\PC{0,20}\"|[\\[{]{0,300})",
        ) {
            let _ = ClientCommand::parse(&format!(r#"{{"event":"{event}","channel":"c","data":{data}}}"#));
        }
    }
}
