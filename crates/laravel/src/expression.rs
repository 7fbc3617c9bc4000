//! The expressions of PHP and JavaScript that occur in configurations.

use crate::value::{ConfigValue, Unread};

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expression {
    Literal(ConfigValue),
    /// `env('NAME', default)`, `import.meta.env.NAME` or `process.env.NAME`.
    Variable {
        name: String,
        default: Option<Box<Expression>>,
    },
    /// `window.location.hostname`.
    PageHost,
    Array(Vec<Entry>),
    Not(Box<Expression>),
    Cast(Cast, Box<Expression>),
    Binary(Operator, Box<Expression>, Box<Expression>),
    /// `condition ? then : otherwise`. Without `then` (PHP's `?:`) it is the condition's value.
    Conditional {
        condition: Box<Expression>,
        then: Option<Box<Expression>>,
        otherwise: Box<Expression>,
    },
    Unread(Unread),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: Option<Expression>,
    pub(crate) value: Expression,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    /// `.` of PHP, `+` of JavaScript.
    Concatenate,
    /// `==`
    Equal,
    /// `===`
    Identical,
    And,
    Or,
    /// `??`
    Coalesce,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cast {
    Bool,
    Number,
    Text,
}

impl Expression {
    /// The entry of an array with a name.
    pub(crate) fn entry(&self, name: &str) -> Option<&Self> {
        let Self::Array(entries) = self else { return None };
        let is_named =
            |entry: &&Entry| matches!(&entry.key, Some(Self::Literal(ConfigValue::Text(key))) if key == name);
        entries.iter().rev().find(is_named).map(|entry| &entry.value)
    }

    /// The variable that the expression reads; the first one if there are several.
    pub(crate) fn variable(&self) -> Option<&str> {
        match self {
            Self::Variable { name, .. } => Some(name),
            Self::Not(inner) | Self::Cast(_, inner) => inner.variable(),
            Self::Binary(_, left, right) => left.variable().or_else(|| right.variable()),
            Self::Conditional { condition, then, otherwise } => condition
                .variable()
                .or_else(|| then.as_ref().and_then(|then| then.variable()))
                .or_else(|| otherwise.variable()),
            Self::Literal(_) | Self::PageHost | Self::Array(_) | Self::Unread(_) => None,
        }
    }
}
