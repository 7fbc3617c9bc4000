//! The attributes of channels that a request may ask for.

use clairon_hub::ChannelSummary;
use clairon_protocol::ChannelKind;
use serde_json::{Map, Value, json};

/// The attributes in `info`. Unknown names are ignored.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Info {
    pub(super) user_count: bool,
    pub(super) subscription_count: bool,
    pub(super) cache: bool,
}

impl Info {
    /// Parses a list such as `user_count,subscription_count`. `None` if it is missing.
    pub(super) fn parse(text: Option<&str>) -> Option<Self> {
        let names: Vec<&str> =
            text.unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        let asks = |name| names.contains(&name);
        (!names.is_empty()).then(|| Self {
            user_count: asks("user_count"),
            subscription_count: asks("subscription_count"),
            cache: asks("cache"),
        })
    }

    /// The requested counts that apply to the kind of the channel.
    pub(super) fn counts(self, summary: &ChannelSummary) -> Map<String, Value> {
        let mut counts = Map::new();
        if self.user_count && summary.name.kind() == ChannelKind::Presence {
            counts.insert("user_count".to_owned(), json!(summary.user_count));
        }
        if self.subscription_count {
            counts.insert("subscription_count".to_owned(), json!(summary.subscription_count));
        }
        counts
    }
}
