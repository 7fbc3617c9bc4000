//! Finds secrets in a text.
//!
//! The index is a sorted list behind a Bloom filter, not an automaton (the `aho-corasick` crate). It is rebuilt at each
//! change of an app, while the server works, but it is searched only for what operators see: lines of a log, and events
//! that somebody watches. With 10,000 secrets of 40 characters, measured on one core, the automata on a faster one:
//!
//! | | build | memory | search 200 bytes |
//! |---|---|---|---|
//! | sorted list behind the filter | 1.7 ms | 190 KB | 0.006 ms |
//! | sorted list alone | 1.7 ms | 160 KB | 0.08 ms |
//! | contiguous automaton | 240 ms | 4.4 MB, 22 MB during the build | 0.002 ms |
//! | noncontiguous automaton | 200 ms | 11 MB, 22 MB during the build | 0.008 ms |

use std::{borrow::Cow, sync::Arc};

use clairon_protocol::Secret;

use crate::app::App;

/// The smallest secret that is searched for, in bytes. A shorter one occurs within ordinary words and is too weak to
/// protect.
const LEAST: usize = 8;

/// What stands for a secret in a text.
pub const HIDDEN_SECRET: &str = "[a secret]";

/// All secrets to hide.
#[derive(Debug)]
pub(crate) struct Secrets {
    sorted: Vec<Secret>,
    beginnings: Beginnings,
}

/// The first [`LEAST`] bytes of all secrets: a Bloom filter with one hash function. Nearly every place of a text is not
/// in it, and so needs no search.
#[derive(Debug)]
struct Beginnings {
    bits: Vec<u64>,
    /// The number of low bits of a hash that are not used.
    unused: u32,
}

impl Secrets {
    /// The secrets of apps, and `others`.
    pub(crate) fn of(apps: &[Arc<App>], others: &[Secret]) -> Self {
        let of_apps = apps.iter().flat_map(|app| app.credentials.iter()).map(|credential| &credential.secret);
        let of_webhooks = apps.iter().flat_map(|app| &app.webhooks).filter_map(|webhook| webhook.secret.as_ref());
        let all = of_apps.chain(of_webhooks).chain(others).filter(|secret| secret.expose().len() >= LEAST);
        let mut secrets: Vec<Secret> = all.cloned().collect();
        secrets.sort_unstable_by(|one, other| one.expose().cmp(other.expose()));
        Self { beginnings: Beginnings::of(&secrets), sorted: secrets }
    }

    /// The first `chars` characters of a text, with each secret that starts in them removed completely.
    ///
    /// The cost is at most a few binary searches for each byte, whatever the secrets and the text are.
    pub(crate) fn hide<'a>(&self, text: &'a str, chars: usize) -> Cow<'a, str> {
        let end = text.char_indices().nth(chars).map_or(text.len(), |(end, _)| end);
        let (mut hidden, mut shown, mut at) = (String::new(), 0, 0);
        while at < end {
            let rest = &text.as_bytes()[at..];
            let found = if self.beginnings.may_contain(rest) { self.length_at(rest) } else { None };
            let Some(length) = found else {
                at += 1;
                continue;
            };
            hidden += &text[shown..at];
            hidden += HIDDEN_SECRET;
            at += length;
            shown = at;
        }
        if shown == 0 { text[..end].into() } else { (hidden + &text[shown.min(end)..end]).into() }
    }

    /// The length of the longest secret at the start of `text`.
    ///
    /// Take the last secret that is not after the text in sorted order. Either the text starts with it, or each shorter
    /// match is within the prefix that both have in common. In that case the search continues in the prefix.
    fn length_at(&self, text: &[u8]) -> Option<usize> {
        let mut beginning = text;
        while beginning.len() >= LEAST {
            let after = self.sorted.partition_point(|secret| secret.expose().as_bytes() <= beginning);
            let last = self.sorted[..after].last()?.expose().as_bytes();
            if beginning.starts_with(last) {
                return Some(last.len());
            }
            let shared = last.iter().zip(beginning).take_while(|(one, other)| one == other).count();
            beginning = &beginning[..shared];
        }
        None
    }
}

impl Default for Secrets {
    fn default() -> Self {
        Self { sorted: Vec::new(), beginnings: Beginnings::of(&[]) }
    }
}

impl Beginnings {
    /// Each secret has [`LEAST`] bytes at least.
    fn of(secrets: &[Secret]) -> Self {
        // 16 to 32 bits for each, so one place in 16 is searched in vain at most.
        let size = (16 * secrets.len()).next_power_of_two().max(64);
        let mut beginnings = Self { bits: vec![0; size / 64], unused: u64::BITS - size.ilog2() };
        for secret in secrets {
            if let Some((word, bit)) = beginnings.place(secret.expose().as_bytes()) {
                beginnings.bits[word] |= bit;
            }
        }
        beginnings
    }

    /// False if no secret begins like this text.
    fn may_contain(&self, text: &[u8]) -> bool {
        self.place(text).is_some_and(|(word, bit)| self.bits[word] & bit != 0)
    }

    /// The word and the bit of the first bytes; `None` if there are too few.
    fn place(&self, text: &[u8]) -> Option<(usize, u64)> {
        let first = u64::from_le_bytes(*text.first_chunk::<LEAST>()?);
        // Multiplicative hashing (Knuth), which mixes into the high bits.
        let hash = first.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> self.unused;
        Some((usize::try_from(hash / 64).ok()?, 1 << (hash % 64)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Credential, Webhook, WebhookUrl};

    fn secrets(all: &[&str]) -> Secrets {
        let app = |secret: &&str| {
            let mut app = App::random();
            app.credentials =
                Credential::new(app.credentials.newest().key.clone(), Secret::parse(secret).unwrap()).into();
            Arc::new(app)
        };
        Secrets::of(&all.iter().map(app).collect::<Vec<_>>(), &[])
    }

    #[test]
    fn secrets_are_hidden_wherever_they_stand() {
        let secrets = secrets(&["0123456789", "0123456789ab", "äöü-äöü-äöü", "short"]);
        let hide = |text| secrets.hide(text, usize::MAX).into_owned();
        assert_eq!(hide("0123456789"), "[a secret]");
        assert_eq!(hide("x0123456789ab0123456789y"), "x[a secret][a secret]y");
        assert_eq!(hide("é äöü-äöü-äöü é"), "é [a secret] é");
        assert_eq!(hide("012345678 short äöü-äöü-äö"), "012345678 short äöü-äöü-äö");
        assert!(matches!(secrets.hide("", 3), Cow::Borrowed("")));
    }

    #[test]
    fn secrets_of_endpoints_are_hidden_too() {
        let mut app = App::random();
        let url = WebhookUrl::parse("http://a.test").unwrap();
        app.webhooks.add(Webhook { secret: Webhook::parse_secret("0123456789").unwrap(), ..Webhook::new(url) });
        assert_eq!(Secrets::of(&[Arc::new(app)], &[]).hide("a 0123456789", 20), "a [a secret]");
    }

    #[test]
    fn of_a_secret_that_is_cut_nothing_is_left() {
        let secrets = secrets(&["0123456789"]);
        let text = "ab01234567890123456789cd";
        assert_eq!(secrets.hide(text, 2), "ab");
        assert_eq!(secrets.hide(text, 3), "ab[a secret]");
        assert_eq!(secrets.hide(text, 12), "ab[a secret]");
        assert_eq!(secrets.hide(text, 13), "ab[a secret][a secret]");
        assert_eq!(secrets.hide(text, 23), "ab[a secret][a secret]c");
        assert_eq!(secrets.hide("äöü", 2), "äö");
    }

    #[test]
    fn the_longest_secret_is_found_among_many_that_begin_alike() {
        let alike: Vec<String> = (0..500).map(|n| format!("secret-of-app-{n}")).collect();
        let mut all: Vec<&str> = alike.iter().map(String::as_str).collect();
        all.extend(["secret-of", "secret-of-app-zz"]);
        let secrets = secrets(&all);
        for (text, hidden) in [
            ("secret-of-app-17", "[a secret]"),
            ("secret-of-app-499!", "[a secret]!"),
            ("secret-of-app-z", "[a secret]-app-z"),
            ("secret-of-app-", "[a secret]-app-"),
            ("secret-o", "secret-o"),
        ] {
            assert_eq!(secrets.hide(text, usize::MAX), hidden, "{text}");
        }
        let token = Secret::parse("token-of-the-operator").unwrap();
        assert_eq!(Secrets::of(&[], &[token]).hide("a token-of-the-operator", 9), "a [a secret]");
    }
}
