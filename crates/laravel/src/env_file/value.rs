//! Parses a value by the rules of `Parser/EntryParser.php`, and replaces each `${NAME}` by those of
//! `Loader/Resolver.php`.

use std::collections::VecDeque;

use super::entry::{EntryError, is_of_name, is_space};

/// A value without its quotes and its comment.
#[derive(Default)]
pub(super) struct EnvValue {
    text: String,
    /// The positions in `text` of each `$` that may begin a `${NAME}`.
    references: Vec<usize>,
}

/// The state of the parser before a character.
#[derive(Clone, Copy)]
enum State {
    Start,
    Unquoted,
    SingleQuoted,
    DoubleQuoted,
    Escape,
    /// After white space behind the value, or after a closing quote.
    End,
    Comment,
}

impl EnvValue {
    /// Parses the text after the `=`, which is already trimmed.
    pub(super) fn parse(source: &str) -> Result<Self, EntryError> {
        use State::{Comment, DoubleQuoted, End, Escape, SingleQuoted, Start, Unquoted};
        let mut value = Self::default();
        // Form feeds are not trimmed. At the start of a value they belong to it, and so does the white space after
        // them.
        let rest = source.trim_start_matches(|char| is_space(char) && !matches!(char, '\r' | '\n'));
        let (blank, rest) = source.split_at(source.len() - rest.len());
        value.text.push_str(blank);
        let mut state = if blank.is_empty() { Start } else { Unquoted };
        for char in rest.chars() {
            state = match (state, char) {
                (Start, '\'') => SingleQuoted,
                (Start, '"') => DoubleQuoted,
                (Start | Unquoted | End, '#') | (Comment, _) => Comment,
                (Unquoted | End, char) if is_space(char) => End,
                (End, _) => return Err(EntryError::Trailing),
                (SingleQuoted, '\'') | (DoubleQuoted, '"') => End,
                (SingleQuoted, char) => {
                    value.text.push(char);
                    SingleQuoted
                }
                (DoubleQuoted, '\\') => Escape,
                (Escape, char) => {
                    value.text.push(unescape(char).ok_or(EntryError::Escape)?);
                    DoubleQuoted
                }
                (Start | Unquoted, char) => {
                    value.push(char);
                    Unquoted
                }
                (DoubleQuoted, char) => {
                    value.push(char);
                    DoubleQuoted
                }
            };
        }
        match state {
            SingleQuoted | DoubleQuoted | Escape => Err(EntryError::Quote),
            Start | Unquoted | End | Comment => Ok(value),
        }
    }

    fn push(&mut self, char: char) {
        if char == '$' {
            self.references.push(self.text.len());
        }
        self.text.push(char);
    }

    /// The value with each `${NAME}` replaced; nothing if it has more than `max` characters. The last one is replaced
    /// first, so a name may contain another: `${A_${B}}`. Replaced text is not searched again.
    pub(super) fn resolve<'a>(&self, get: impl Fn(&str) -> Option<&'a str>, max: usize) -> Option<String> {
        let mut text = self.text.as_str();
        // The resolved end of the value.
        let mut end = VecDeque::new();
        for at in self.references.iter().rev() {
            let (before, piece) = text.split_at(*at);
            text = before;
            prepend(&mut end, piece);
            if let Some((size, found)) = name(&end).and_then(|name| Some((name.len() + "${}".len(), get(&name)?))) {
                end.drain(..size);
                prepend(&mut end, found);
            }
            if end.len() > max {
                return None;
            }
        }
        prepend(&mut end, text);
        (end.len() <= max).then(|| end.into_iter().collect())
    }
}

/// The name of the `${NAME}` at the start of `text`.
fn name(text: &VecDeque<char>) -> Option<String> {
    let mut chars = text.iter().copied();
    if chars.next() != Some('$') || chars.next() != Some('{') {
        return None;
    }
    let is_part = |char: &char| u8::try_from(*char).is_ok_and(is_of_name);
    let name: String = chars.by_ref().take_while(is_part).collect();
    (!name.is_empty() && text.get(name.len() + "${".len()) == Some(&'}')).then_some(name)
}

fn prepend(text: &mut VecDeque<char>, piece: &str) {
    for char in piece.chars().rev() {
        text.push_front(char);
    }
}

fn unescape(char: char) -> Option<char> {
    Some(match char {
        '"' | '\\' | '$' => char,
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        _ => return None,
    })
}
