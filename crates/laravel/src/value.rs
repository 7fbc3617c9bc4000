//! What an expression comes to.

/// A value of a configuration.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`, or a variable that is not set.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// A text.
    Text(String),
    /// An array of PHP, or an object or a list of a script.
    Array(Vec<(Key, Value)>),
    /// Something that only the program itself could tell.
    Unread(Unread),
}

/// A key of an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// Its position, or a number that stands in the text.
    Index(i64),
    /// Its name.
    Name(String),
}

/// What could not be read. It has no text of the file, which may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The line, from 1.
    pub line: u32,
    /// What stands there, in words, such as "a call of env".
    pub what: String,
}

impl Value {
    /// A single value as text, as `.` and string casts make it; nothing for `null`, arrays and what could not be read.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Bool(value) => Some(if *value { "1" } else { "" }.to_owned()),
            Self::Integer(value) => Some(value.to_string()),
            Self::Float(value) => Some(value.to_string()),
            Self::Text(text) => Some(text.clone()),
            Self::Null | Self::Array(_) | Self::Unread(_) => None,
        }
    }

    /// The text, if there is any and it is not empty.
    #[must_use]
    pub fn filled(&self) -> Option<String> {
        self.text().filter(|text| !text.is_empty())
    }

    /// The value under a name in an array.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        let Self::Array(entries) = self else { return None };
        // As in PHP and JavaScript, the last of two entries with one key counts.
        entries.iter().rev().find(|(key, _)| matches!(key, Key::Name(key) if key == name)).map(|(_, value)| value)
    }

    /// The values of an array, in its order; none for anything else.
    pub fn items(&self) -> impl Iterator<Item = &Self> {
        let entries: &[(Key, Self)] = if let Self::Array(entries) = self { entries } else { &[] };
        entries.iter().map(|(_, value)| value)
    }

    /// The first thing in it that could not be read.
    #[must_use]
    pub fn unread(&self) -> Option<&Unread> {
        match self {
            Self::Unread(unread) => Some(unread),
            Self::Array(entries) => entries.iter().find_map(|(_, value)| value.unread()),
            _ => None,
        }
    }
}
