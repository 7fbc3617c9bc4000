//! The query of a request, escaped as it was sent, with access to the unescaped values.

use std::borrow::Cow;

use memchr::{memchr, memchr2, memchr3};
use percent_encoding::percent_decode_str;

/// The parameters of a trigger: `auth_key`, `auth_timestamp`, `auth_version`, `body_md5` and `auth_signature`.
const PARAMETERS: usize = 5;

/// The parameters of a query, in the order in which they were sent, still escaped.
#[derive(Clone, Debug)]
pub struct RequestQuery<'a> {
    pairs: Vec<(&'a str, &'a str)>,
    /// True if no name and no value has an escape or the index of a list, so that none needs a closer look. Nearly all
    /// signed requests are like that.
    is_plain: bool,
}

impl<'a> RequestQuery<'a> {
    /// Splits `text`, the part of a URL after the `?`.
    #[must_use]
    pub fn parse(text: &'a str) -> Self {
        let mut pairs = Vec::with_capacity(PARAMETERS);
        let mut rest = text;
        while !rest.is_empty() {
            let (pair, after) = split(rest, b'&').unwrap_or((rest, ""));
            if !pair.is_empty() {
                pairs.push(split(pair, b'=').unwrap_or((pair, "")));
            }
            rest = after;
        }
        Self { pairs, is_plain: memchr3(b'+', b'%', b'[', text.as_bytes()).is_none() }
    }

    /// The first value of `name`, unescaped.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Cow<'a, str>> {
        self.all(name).next()
    }

    /// All values of `name`, and of its list forms `name[]` and `name[0]`, unescaped.
    pub fn all<'q>(&'q self, name: &'q str) -> impl Iterator<Item = Cow<'a, str>> + 'q {
        self.pairs.iter().filter(move |(key, _)| self.is_named(key, name)).map(|(_, value)| self.unescape(value))
    }

    fn is_named(&self, key: &str, name: &str) -> bool {
        key == name || !self.is_plain && list_name(&unescape(key)).0 == name
    }

    /// Unescapes a name or a value of this query.
    pub(super) fn unescape(&self, text: &'a str) -> Cow<'a, str> {
        if self.is_plain { Cow::Borrowed(text) } else { unescape(text) }
    }

    /// True if no name and no value has an escape or the index of a list.
    pub(super) const fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// The number of parameters. Each value of a list counts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// True if there is no parameter.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// The total length of all names and values, in bytes, escaped.
    #[must_use]
    pub fn size(&self) -> usize {
        self.pairs.iter().map(|(key, value)| key.len() + value.len()).sum()
    }

    /// The parameters, still escaped.
    pub(super) fn pairs(&self) -> &[(&'a str, &'a str)] {
        &self.pairs
    }
}

/// Splits `k[0]` and `k[]` into `k` and true, because they are elements of a list; other names into themselves and
/// false.
pub(super) fn list_name(key: &str) -> (&str, bool) {
    match split(key, b'[') {
        Some((name, index)) if index.ends_with(']') => (name, true),
        _ => (key, false),
    }
}

/// Splits `text` at the first `separator`, an ASCII character, faster than [`str::split_once`].
fn split(text: &str, separator: u8) -> Option<(&str, &str)> {
    memchr(separator, text.as_bytes()).map(|at| (&text[..at], &text[at + 1..]))
}

/// Decodes `%20` and `+`. Bytes that are not UTF-8 become the replacement character.
pub(super) fn unescape(text: &str) -> Cow<'_, str> {
    if memchr2(b'+', b'%', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let spaced = text.replace('+', " ");
    Cow::Owned(percent_decode_str(&spaced).decode_utf8_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_and_unescaped() {
        let query = RequestQuery::parse("a=1&b=x%20y+z&&channels[]=c&channels%5B1%5D=d&flag&a=2&bad=%ff%zz");
        assert_eq!(query.get("a").as_deref(), Some("1"));
        assert_eq!(query.get("b").as_deref(), Some("x y z"));
        assert_eq!(query.get("flag").as_deref(), Some(""));
        assert_eq!(query.get("bad").as_deref(), Some("\u{fffd}%zz"));
        assert_eq!(query.get("none"), None);
        assert_eq!(query.all("channels").collect::<Vec<_>>(), ["c", "d"]);
        assert_eq!(RequestQuery::parse("").get("a"), None);
        for text in ["a=+&b=2", "a=1&%62=2", "b[]=2", "b=2"] {
            assert_eq!(RequestQuery::parse(text).get("b").as_deref(), Some("2"), "{text}");
        }
    }
}
