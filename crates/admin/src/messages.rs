//! The sentences in which the dashboard says what the server has found, as tests compare them with the server.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

/// A sentence in the languages of the dashboard.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sentence {
    en: String,
    fr: String,
}

/// Sentences by their keys.
#[derive(Debug)]
pub(crate) struct Messages(BTreeMap<String, Sentence>);

impl Messages {
    /// Reads a file of the folder `dashboard/src/messages`. Each sentence must name the same in all languages.
    pub(crate) fn parse(json: &str) -> Self {
        let messages: BTreeMap<String, Sentence> = serde_json::from_str(json).unwrap();
        for (key, Sentence { en, fr }) in &messages {
            assert!(!en.is_empty() && !fr.is_empty(), "{key}");
            assert_eq!(placeholders(en), placeholders(fr), "{key}");
        }
        Self(messages)
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(crate) fn english(&self, key: &str) -> &str {
        &self.0.get(key).unwrap_or_else(|| panic!("no {key}")).en
    }

    /// What a sentence names.
    pub(crate) fn names(&self, key: &str) -> BTreeSet<&str> {
        placeholders(self.english(key))
    }
}

/// The names between braces, without their forms.
fn placeholders(text: &str) -> BTreeSet<&str> {
    let inner = text.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
    inner
        .filter_map(|(name, _)| name.split([':', '|']).next())
        .map(|name| name.trim_start_matches(['*', '!']))
        .collect()
}
