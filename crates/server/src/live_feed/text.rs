//! A text of a peer in an activity.

use clairon_registry::AppCache;
use serde::{Serialize, Serializer};

use crate::peer_text::Excerpt;

/// A text that contains input of a peer.
#[derive(Clone, Debug)]
pub(super) enum Text {
    /// The original text.
    Raw(Excerpt),
    /// The text without secrets, cut for people.
    Presentable(String),
}

impl Text {
    pub(super) fn of(text: &str) -> Self {
        Self::Raw(Excerpt::of(text))
    }

    pub(super) fn make_presentable(&mut self, apps: &AppCache) {
        if let Self::Raw(excerpt) = self {
            *self = Self::Presentable(excerpt.shown(apps).to_string());
        }
    }

    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Raw(excerpt) => excerpt.beginning(),
            Self::Presentable(text) => text,
        }
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
