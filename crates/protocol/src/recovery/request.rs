//! The member `recover` in the data of `pusher:subscribe`.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::SocketId;

/// The most earlier socket ids of a client that count.
pub(crate) const SOCKETS: usize = 5;
/// The number of an event is smaller: JavaScript has exact integers up to this one.
const SEQ_END: u64 = 1 << 53;

/// What a subscription asks of recovery.
///
/// It is never an error: an unknown form asks for a beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Recover {
    /// Nothing: no member, `false` or `null`.
    #[default]
    No,
    /// To begin with the next event: `true`.
    Begin,
    /// To continue: an object.
    Resume(Box<Resume>),
}

/// The state of a client that continues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resume {
    /// The token of the last answer, not verified.
    pub token: String,
    /// The number of the last event that the client has got, below 2^53.
    pub seq: u64,
    /// The last socket ids of the client, at most five. It gets no events that exclude one of them.
    pub sockets: Vec<SocketId>,
}

#[derive(Deserialize)]
struct ResumeFields<'a> {
    token: String,
    seq: u64,
    #[serde(borrow, default)]
    sockets: Option<&'a RawValue>,
}

impl Recover {
    /// Parses the JSON of the member.
    #[must_use]
    pub fn parse(json: &str) -> Self {
        match json {
            "null" | "false" => return Self::No,
            // serde would take an array for the fields in their order.
            object if object.starts_with('{') => {}
            _ => return Self::Begin,
        }
        match serde_json::from_str(json) {
            Ok(ResumeFields { token, seq, sockets }) if seq < SEQ_END => {
                let sockets = sockets.map(|sockets| parse_sockets(sockets.get())).unwrap_or_default();
                Self::Resume(Box::new(Resume { token, seq, sockets }))
            }
            _ => Self::Begin,
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::parse(Box::<RawValue>::deserialize(deserializer)?.get()))
    }
}

/// The last socket ids of a list. What is no socket id is skipped.
fn parse_sockets(json: &str) -> Vec<SocketId> {
    let listed: Vec<&RawValue> = serde_json::from_str(json).unwrap_or_default();
    let last = listed.iter().skip(listed.len().saturating_sub(SOCKETS));
    last.filter_map(|id| serde_json::from_str::<&str>(id.get()).ok()?.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ClientCommand;

    fn resume(token: &str, seq: u64, sockets: &[&str]) -> Recover {
        let sockets = sockets.iter().map(|id| id.parse().unwrap()).collect();
        Recover::Resume(Box::new(Resume { token: token.to_owned(), seq, sockets }))
    }

    #[test]
    fn every_form_has_a_meaning() {
        for (json, means) in [
            ("null", Recover::No),
            ("false", Recover::No),
            ("true", Recover::Begin),
            ("0", Recover::Begin),
            (r#""x""#, Recover::Begin),
            (r#"["t",1]"#, Recover::Begin),
            ("{}", Recover::Begin),
            (r#"{"token":"t"}"#, Recover::Begin),
            (r#"{"token":7,"seq":1}"#, Recover::Begin),
            (r#"{"token":"t","seq":-1}"#, Recover::Begin),
            (r#"{"token":"t","seq":1.5}"#, Recover::Begin),
            (r#"{"token":"t","seq":"1"}"#, Recover::Begin),
            (r#"{"token":"t","seq":9007199254740992}"#, Recover::Begin),
            (r#"{"token":"\ud83d","seq":1}"#, Recover::Begin),
            (r#"{"token":"t","seq":9007199254740991}"#, resume("t", (1 << 53) - 1, &[])),
            (r#"{"token":"","seq":0,"more":[{}]}"#, resume("", 0, &[])),
            (r#"{"token":"t","seq":1,"sockets":"1.2"}"#, resume("t", 1, &[])),
            (r#"{"token":"t","seq":1,"sockets":["x","1.2",7,"0.3","4.5"]}"#, resume("t", 1, &["1.2", "4.5"])),
            (
                r#"{"token":"t","seq":1,"sockets":["1.1","2.2","3.3","4.4","5.5","6.6"]}"#,
                resume("t", 1, &["2.2", "3.3", "4.4", "5.5", "6.6"]),
            ),
        ] {
            assert_eq!(Recover::parse(json), means, "{json}");
            let text = format!(r#"{{"event":"pusher:subscribe","data":{{"channel":"c","recover": {json} }}}}"#);
            let Ok(ClientCommand::Subscribe(subscribe)) = ClientCommand::parse(&text) else { panic!("{text}") };
            assert_eq!(subscribe.recover, means, "{text}");
        }
        let text = r#"{"event":"pusher:subscribe","data":{"channel":"c"}}"#;
        let Ok(ClientCommand::Subscribe(subscribe)) = ClientCommand::parse(text) else { panic!("{text}") };
        assert_eq!(subscribe.recover, Recover::No);
    }

    proptest! {
        #[test]
        fn no_member_makes_a_subscription_an_error(
            token in "\\PC*", seq in prop::num::f64::ANY, sockets in prop::collection::vec("[0-9.]{0,4}", 0..9),
        ) {
            let recover = serde_json::json!({ "token": token, "seq": seq, "sockets": sockets });
            let text =
                serde_json::json!({ "event": "pusher:subscribe", "data": { "channel": "c", "recover": recover } });
            let is_subscribe = matches!(ClientCommand::parse(&text.to_string()), Ok(ClientCommand::Subscribe(_)));
            prop_assert!(is_subscribe);
        }
    }
}
