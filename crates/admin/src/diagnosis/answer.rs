//! An answer in words, with the parameters to say the same in another language.

use std::sync::Arc;

use clairon_server::live_feed::Activity;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::Verdict;

/// Defines [`Case`] from the table: for each verdict, the names of its cases.
macro_rules! cases {
    ($($verdict:ident: $($case:ident $name:literal),+;)+) => {
        /// The sentences of answers. The dashboard has each of them in its languages (`messages/why.json`).
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Case {
            $($($case,)+)+
        }

        impl Case {
            #[cfg(test)]
            pub(super) const ALL: &[Self] = &[$($(Self::$case,)+)+];

            pub(super) const fn verdict(self) -> Verdict {
                match self {
                    $($(Self::$case => Verdict::$verdict,)+)+
                }
            }

            /// The name, which is unique among those of the verdict.
            pub(super) const fn name(self) -> &'static str {
                match self {
                    $($(Self::$case => $name,)+)+
                }
            }
        }
    };
}

cases! {
    Delivered: Sent "sent", Queued "queued", EndedSoon "ended_soon", Recovered "recovered", Counted "count",
        ToUser "user";
    NotSubscribed: NeverSubscribed "never", Unsubscribed "unsubscribed", SubscribedLater "later", Waiting "waiting",
        WaitingNow "waiting_now", NotSubscribedNow "now", Nobody "nobody";
    SubscriptionRefused: Refused "refused";
    ExcludedByToOthers: ByBackend "backend", AsSender "sender";
    OtherApp: ConnectionOfOtherApp "connection", EventOfOtherApp "event";
    ConnectedAfter: ConnectedLater "later";
    DisconnectedBefore: Ended "ended";
    TooSlow: Dropped "dropped", ClosedBefore "closed", Blocked "waits";
    NameDiffers: OtherName "name";
    ChannelDiffers: OtherChannel "channel", OtherPrefix "prefix";
    NeverArrived: NothingArrived "nothing", RequestRefused "refused_request";
    NoRecording: NothingRecorded "nothing", SubscribedNow "subscribed_now", Incomplete "incomplete";
    UnknownConnection: UnknownSocket "connection", UnknownUser "user";
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) verdict: Verdict,
    /// Sentences in English. They may contain texts of peers.
    pub(crate) words: String,
    /// What the sentences name. `case` says which of the sentences of a verdict they are.
    pub(crate) parameters: Map<String, Value>,
    /// The activities that show it.
    pub(crate) evidence: Vec<Arc<Activity>>,
}

impl Answer {
    pub(super) fn new(case: Case, words: impl Into<String>) -> Self {
        let parameters = Map::from_iter([("case".to_owned(), case.name().into())]);
        Self { verdict: case.verdict(), words: words.into(), parameters, evidence: Vec::new() }
    }

    /// Names a value that the sentences contain.
    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.parameters.insert(name.to_owned(), value.into());
        self
    }

    /// Names the event that the answer is about.
    pub(super) fn about(self, event: &Arc<Activity>) -> Self {
        let named = self.with("event", event.event_name()).with("channel", event.channel_name());
        named.with("time", time(event)).shown_by(event)
    }

    /// Adds an activity that shows it.
    pub(super) fn shown_by(mut self, activity: &Arc<Activity>) -> Self {
        if self.evidence.iter().all(|present| present.id() != activity.id()) {
            self.evidence.push(activity.clone());
            self.evidence.sort_by_key(|activity| activity.id());
        }
        self
    }

    /// Adds a sentence.
    pub(super) fn and(mut self, sentence: impl AsRef<str>) -> Self {
        self.words.push(' ');
        self.words.push_str(sentence.as_ref());
        self
    }
}

/// The time of an activity as text.
pub(super) fn time(activity: &Activity) -> String {
    text(activity.time())
}

pub(super) fn text(time: Timestamp) -> String {
    format!("{time:.3}")
}

/// A name between quotes, which it may contain too.
pub(super) fn quoted(name: Option<&str>) -> String {
    format!("\u{201c}{}\u{201d}", name.unwrap_or_default())
}
