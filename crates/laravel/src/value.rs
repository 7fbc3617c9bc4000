//! The values of expressions.

/// A value of a configuration.
#[derive(Clone, Debug, PartialEq)]
pub enum ConfigValue {
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
    /// An array of PHP, or an object or list of JavaScript.
    Array(Vec<(ArrayKey, ConfigValue)>),
    /// A value that only running the code could give.
    Unread(Unread),
}

/// A key of an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArrayKey {
    /// A number: a position, or an explicit key.
    Index(i64),
    /// A name.
    Name(String),
}

/// The reason why code could not be read. It has no text of the file, which may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The line, from 1.
    pub line: u32,
    /// A description of the code, such as "a call of env".
    pub what: String,
}

impl ConfigValue {
    /// A single value as PHP's string casts convert it; nothing for `null`, arrays and unread code.
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

    /// The value as text; nothing if it is empty or has no text.
    #[must_use]
    pub fn filled(&self) -> Option<String> {
        self.text().filter(|text| !text.is_empty())
    }

    /// The value of an array's entry with a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        let Self::Array(entries) = self else { return None };
        // The last of two entries with one key counts, as in PHP and JavaScript.
        entries.iter().rev().find(|(key, _)| matches!(key, ArrayKey::Name(key) if key == name)).map(|(_, value)| value)
    }

    /// The values of an array in its order; empty for other values.
    pub fn items(&self) -> impl Iterator<Item = &Self> {
        let entries: &[(ArrayKey, Self)] = if let Self::Array(entries) = self { entries } else { &[] };
        entries.iter().map(|(_, value)| value)
    }

    /// The first unread code in the value.
    #[must_use]
    pub fn unread(&self) -> Option<&Unread> {
        match self {
            Self::Unread(unread) => Some(unread),
            Self::Array(entries) => entries.iter().find_map(|(_, value)| value.unread()),
            _ => None,
        }
    }
}
