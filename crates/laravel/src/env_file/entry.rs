//! Splits an entry into a name and a value, by the rules of `Parser/EntryParser.php`.

use super::{lines::RawEntry, value::EnvValue};

/// A variable that a file sets or removes.
pub(super) struct Entry {
    /// The first line of the entry, from 1.
    pub(super) line: usize,
    pub(super) name: String,
    /// Missing for a name without `=`.
    pub(super) value: Option<EnvValue>,
}

/// Why Laravel refuses an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// The entry begins with `=`.
    #[error("there is no name before the =")]
    NoName,
    /// The name has a wrong character, or the line is no entry.
    #[error("not a NAME=VALUE line: a name has only A-Z a-z 0-9 _ and . in it")]
    Name,
    /// A quote is not closed.
    #[error("a quote is not closed")]
    Quote,
    /// Two words without quotes, or a word after a closing quote.
    #[error("only a # comment may follow a space or a closing quote: put the whole value in quotes")]
    Trailing,
    /// A backslash in double quotes before a character that needs none.
    #[error(
        "in double quotes a backslash must stand before one of \" \\ $ f n r t v: double it, or use 'single quotes'"
    )]
    Escape,
}

impl Entry {
    pub(super) fn parse(RawEntry { line, text }: &RawEntry) -> Result<Self, EntryError> {
        // Without a value the name is not trimmed.
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (trim(name), Some(trim(value))),
            None => (text.as_str(), None),
        };
        if name.is_empty() {
            return Err(EntryError::NoName);
        }
        let name = unquoted(without_export(name));
        if name.is_empty() || !name.bytes().all(is_of_name) {
            return Err(EntryError::Name);
        }
        Ok(Self { line: *line, name: name.to_owned(), value: value.map(EnvValue::parse).transpose()? })
    }
}

/// True for the characters of a name, here and in `${NAME}`.
pub(super) fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.')
}

/// Removes the white space that PHP's `trim` removes. It keeps form feeds.
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches(is_trimmed)
}

fn is_trimmed(char: char) -> bool {
    matches!(char, ' ' | '\t' | '\n' | '\r' | '\0' | '\x0b')
}

/// True for the white space of PHP's `ctype_space`.
pub(super) fn is_space(char: char) -> bool {
    matches!(char, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c')
}

/// The name without a leading `export `. phpdotenv refuses names of one character after it: `export A`.
fn without_export(name: &str) -> &str {
    const SHORTEST: usize = "export AB".len();
    match name.strip_prefix("export") {
        Some(rest) if name.len() >= SHORTEST && rest.starts_with(is_space) => rest.trim_start_matches(is_trimmed),
        _ => name,
    }
}

fn unquoted(name: &str) -> &str {
    let within = |quote: char| name.strip_prefix(quote)?.strip_suffix(quote);
    within('"').or_else(|| within('\'')).filter(|within| !within.is_empty()).unwrap_or(name)
}
