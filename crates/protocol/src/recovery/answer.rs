//! What a subscription that asked for recovery gets beside the usual messages.

/// Another end of the text of an event: its last bytes are replaced.
///
/// So a subscriber that asked for recovery gets the text that all others get, copied and not encoded again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amendment {
    /// The number of bytes at the end of the text that are dropped.
    pub cut: usize,
    /// The bytes in their place.
    pub tail: Vec<u8>,
}

/// The reason why a client cannot get all events since its last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LossReason {
    /// The next event has left the log.
    Expired,
    /// The log is another one.
    Epoch,
    /// The events are too many for one connection.
    Limit,
    /// The token is not valid, or does not allow this position.
    Token,
    /// The node has missed events that have left the log meanwhile.
    Gap,
}

impl LossReason {
    /// Every reason.
    pub const ALL: [Self; 5] = [Self::Expired, Self::Epoch, Self::Limit, Self::Token, Self::Gap];

    /// The reason in the protocol.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Epoch => "epoch",
            Self::Limit => "limit",
            Self::Token => "token",
            Self::Gap => "gap",
        }
    }
}

/// The result of a subscription that continues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecoveryOutcome {
    /// All events since its position follow: so many of them.
    Recovered(usize),
    /// Events are lost.
    Lost(LossReason),
}

/// The member `recovery` in the data of `pusher_internal:subscription_succeeded`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoveryAnswer {
    /// The [token](crate::RecoveryToken) for the next subscription.
    pub token: String,
    /// The number of the last event in the log.
    pub seq: u64,
    /// The result; `None` for a subscription that begins.
    pub outcome: Option<RecoveryOutcome>,
}

impl Amendment {
    /// The member `seq`, at the end of an event of the log: `,"seq":42}`.
    #[must_use]
    pub fn seq(seq: u64) -> Self {
        let mut tail = Vec::with_capacity(28);
        tail.extend_from_slice(br#","seq":"#);
        tail.extend_from_slice(itoa::Buffer::new().format(seq).as_bytes());
        tail.push(b'}');
        Self { cut: 1, tail }
    }
}

impl RecoveryAnswer {
    /// The answer, at the end of [`SubscriptionSucceeded`](crate::Event::SubscriptionSucceeded).
    #[must_use]
    pub fn amendment(&self, has_members: bool) -> Amendment {
        let comma = if has_members { "," } else { "" };
        Self::in_data(&format!(r#"{comma}"recovery":{{{}}}"#, self.members()))
    }

    /// The answer as the whole data of [`RecoveryPosition`](crate::Event::RecoveryPosition): it tells a subscriber that
    /// events are lost, without a subscription of its own.
    #[must_use]
    pub fn notice(&self) -> Amendment {
        Self::in_data(&self.members())
    }

    /// The text ends with the object of the data in a string. Tokens need no escape beside the quotes.
    fn in_data(members: &str) -> Amendment {
        Amendment { cut: 3, tail: format!(r#"{}}}"}}"#, members.replace('"', r#"\""#)).into_bytes() }
    }

    fn members(&self) -> String {
        let Self { token, seq, outcome } = self;
        let outcome = match outcome {
            None => String::new(),
            Some(RecoveryOutcome::Recovered(replayed)) => format!(r#","recovered":true,"replayed":{replayed}"#),
            Some(RecoveryOutcome::Lost(reason)) => format!(r#","recovered":false,"reason":"{}""#, reason.as_str()),
        };
        format!(r#""token":"{token}","seq":{seq}{outcome}"#)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::{ChannelName, Event, EventData, Limits, Member};

    fn amended(event: Event<'_>, amendment: &Amendment) -> String {
        let mut text = Vec::new();
        event.encode(&mut text);
        text.truncate(text.len() - amendment.cut);
        text.extend_from_slice(&amendment.tail);
        let text = String::from_utf8(text).unwrap();
        let json: Value = serde_json::from_str(&text).unwrap();
        assert!(serde_json::from_str::<Value>(json["data"].as_str().unwrap()).is_ok(), "{text}");
        text
    }

    #[test]
    fn every_answer_as_it_goes_out() {
        let limits = Limits::default();
        let channel = &ChannelName::parse("presence-c", &limits).unwrap();
        let member = Member::parse(r#"{"user_id":1,"user_info":{"name":"A \"B\""}}"#, &limits).unwrap();
        let answer = |outcome| RecoveryAnswer { token: "0.1.f".to_owned(), seq: 57, outcome };
        let plain = Event::SubscriptionSucceeded { channel, members: None };
        let presence = Event::SubscriptionSucceeded { channel, members: Some(&[&member]) };
        let data = &EventData::from_text("{}");
        let published = Event::Published { event: "e", channel, data, user_id: None };
        let lost = LossReason::ALL.map(|reason| answer(Some(RecoveryOutcome::Lost(reason))).amendment(false));
        let mut lines = vec![
            amended(plain, &answer(None).amendment(false)),
            amended(presence, &answer(None).amendment(true)),
            amended(presence, &answer(Some(RecoveryOutcome::Recovered(16))).amendment(true)),
            amended(published, &Amendment::seq(42)),
            amended(published, &Amendment::seq((1 << 53) - 1)),
            amended(Event::RecoveryPosition { channel }, &Amendment::seq(58)),
            amended(
                Event::RecoveryPosition { channel },
                &answer(Some(RecoveryOutcome::Lost(LossReason::Gap))).notice(),
            ),
        ];
        lines.extend(lost.iter().map(|lost| amended(plain, lost)));
        insta::assert_snapshot!(lines.join("\n"));
    }
}
