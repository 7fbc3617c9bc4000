//! Texts of peers for operators: without secrets, and cut.

use std::{
    borrow::Cow,
    fmt::{self, Write},
};

use clairon_protocol::SECRET_BYTES;
use clairon_registry::AppCache;
use percent_encoding::percent_decode_str;

/// A text is shown up to this many characters.
const SHOWN: usize = 200;

/// A text is kept up to this many characters: the shown part, and a percent-encoded secret that begins in it. No name
/// of a channel or an event is longer.
const LOOKED_AT: usize = 1_024;

/// A text of a peer for the log: without secrets of apps and tokens of the server, and cut to 200 characters.
///
/// It is not escaped, because the log escapes every value once. The `Debug` form is in quotes, for use in a sentence.
/// Quotes in it are escaped, so its end is unambiguous.
#[derive(Clone, Copy)]
pub(crate) struct PeerText<'a> {
    apps: &'a AppCache,
    /// The text, or its start.
    text: &'a str,
    /// The length of the whole text.
    bytes: usize,
}

/// The start of a peer's text, stored to be shown later.
#[derive(Clone, Debug)]
pub(crate) struct Excerpt {
    beginning: String,
    /// The length of the whole text.
    bytes: usize,
}

/// The first `chars` characters of a text.
#[must_use]
pub fn start_of(text: &str, chars: usize) -> &str {
    text.char_indices().nth(chars).map_or(text, |(end, _)| &text[..end])
}

/// The first `chars` characters of a text without secrets, percent-encoded ones included. The cost is bounded by
/// `chars`.
pub fn hide_secrets<'a>(apps: &AppCache, text: &'a str, chars: usize) -> Cow<'a, str> {
    let text = start_of(text, chars.saturating_add(3 * SECRET_BYTES));
    if let Cow::Owned(decoded) = percent_decode_str(text).decode_utf8_lossy()
        && let Cow::Owned(hidden) = apps.hide_secrets(&decoded, chars)
    {
        return hidden.into();
    }
    apps.hide_secrets(text, chars)
}

impl<'a> PeerText<'a> {
    pub(crate) fn new(apps: &'a AppCache, text: &'a str) -> Self {
        Self { apps, text, bytes: text.len() }
    }

    /// The original text.
    pub(crate) const fn text(self) -> &'a str {
        self.text
    }

    fn hidden(self) -> Cow<'a, str> {
        hide_secrets(self.apps, self.text, SHOWN)
    }

    fn note_cut(self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if start_of(self.text, SHOWN).len() < self.bytes { write!(f, "… ({} bytes)", self.bytes) } else { Ok(()) }
    }
}

impl Excerpt {
    pub(crate) fn of(text: &str) -> Self {
        Self { beginning: start_of(text, LOOKED_AT).to_owned(), bytes: text.len() }
    }

    /// The start of the original text.
    pub(crate) fn beginning(&self) -> &str {
        &self.beginning
    }

    pub(crate) fn shown<'a>(&'a self, apps: &'a AppCache) -> PeerText<'a> {
        PeerText { apps, text: &self.beginning, bytes: self.bytes }
    }
}

impl fmt::Display for PeerText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hidden())?;
        self.note_cut(f)
    }
}

impl fmt::Debug for PeerText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for char in self.hidden().chars() {
            if matches!(char, '"' | '\\') {
                f.write_char('\\')?;
            }
            f.write_char(char)?;
        }
        f.write_char('"')?;
        self.note_cut(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn apps() -> AppCache {
        let registry = clairon_registry::open("sqlite::memory:", 1).await.unwrap();
        AppCache::load(registry, vec![clairon_protocol::Secret::parse("operators-token").unwrap()]).await.unwrap()
    }

    #[tokio::test]
    async fn a_text_is_cut_and_left_to_the_log_to_escape() {
        let apps = apps().await;
        let text = format!("\u{1b}'\n{}", "é".repeat(200));
        assert_eq!(PeerText::new(&apps, &text).to_string(), format!("\u{1b}'\n{}… (403 bytes)", "é".repeat(197)));
        assert_eq!(format!("{:?}", PeerText::new(&apps, "private-x")), "\"private-x\"");
        assert_eq!(format!("{:?}", PeerText::new(&apps, "a\"\n\\'")), "\"a\\\"\n\\\\'\"");
    }

    #[tokio::test]
    async fn a_secret_is_hidden_before_the_text_is_cut() {
        let apps = apps().await;
        for token in ["operators-token", "operators%2Dtoken", "%ff/%6fperators-token"] {
            for before in [0, 190, 199] {
                let text = format!("{}{token}{}", "x".repeat(before), "y".repeat(5_000));
                let [shown, kept] =
                    [PeerText::new(&apps, &text), Excerpt::of(&text).shown(&apps)].map(|shown| shown.to_string());
                assert_eq!(shown, kept);
                assert!(!shown.contains("oper") && shown.ends_with(&format!("… ({} bytes)", text.len())), "{shown}");
            }
        }
    }
}
