//! Patterns with `*`.

/// A pattern in which each `*` matches any text, including the empty one, as in Laravel's `Str::is`. It is stored split
/// at its stars; a pattern without stars has one part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Glob(Box<[Box<str>]>);

impl Glob {
    pub(crate) fn new(pattern: &str) -> Self {
        Self(pattern.split('*').map(Into::into).collect())
    }

    /// True if the pattern matches the whole text. Each part costs one pass over the text.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let [first, between @ .., last] = &*self.0 else { return self.0.iter().all(|part| **part == *text) };
        let Some(mut rest) = text.strip_prefix(&**first).and_then(|rest| rest.strip_suffix(&**last)) else {
            return false;
        };
        for part in between {
            let Some(at) = rest.find(&**part) else { return false };
            rest = &rest[at + part.len()..];
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text_and_the_rest_for_itself() {
        for (pattern, matching, others) in [
            ("presence-*", &["presence-", "presence-a.b"][..], &["presence", "a-presence-b", "Presence-a"][..]),
            ("private-order.*", &["private-order.", "private-order.1"], &["private-orders", "private-order"]),
            ("*-x", &["-x", "a-x", "x-x-x"], &["x", "a-x-"]),
            ("a*a", &["aa", "aba"], &["a", "aab"]),
            ("a*b*c", &["abc", "axbxc", "abbcc"], &["ac", "acb", "bac"]),
            ("*", &["", "a"], &[]),
            ("a", &["a"], &["", "aa"]),
        ] {
            let glob = Glob::new(pattern);
            assert!(matching.iter().all(|text| glob.matches(text)), "{pattern}");
            assert!(!others.iter().any(|text| glob.matches(text)), "{pattern}");
        }
    }
}
