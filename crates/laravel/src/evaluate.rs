//! Evaluates expressions with the project's variables.

use crate::{
    environment::Environment,
    expression::{Cast, Entry, Expression, Operator},
    token::Language,
    value::{ArrayKey, ConfigValue},
};

/// The language whose rules apply.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Evaluator<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) language: Language,
}

impl Evaluator<'_> {
    /// The value of an expression. It is unread if an unread part decides it.
    pub(crate) fn evaluate(&self, expression: &Expression) -> ConfigValue {
        match expression {
            Expression::Literal(value) => value.clone(),
            Expression::Unread(unread) => ConfigValue::Unread(unread.clone()),
            Expression::PageHost => self.environment.page_host().map_or(ConfigValue::Null, ConfigValue::Text),
            Expression::Variable { name, default } => {
                let default = || default.as_ref().map_or(ConfigValue::Null, |default| self.evaluate(default));
                self.variable(name).unwrap_or_else(default)
            }
            Expression::Array(entries) => self.array(entries),
            Expression::Not(inner) => match self.evaluate(inner) {
                ConfigValue::Unread(unread) => ConfigValue::Unread(unread),
                value => ConfigValue::Bool(!self.is_true(&value)),
            },
            Expression::Cast(cast, inner) => self.cast(*cast, self.evaluate(inner)),
            Expression::Binary(operator, left, right) => self.binary(*operator, left, right),
            Expression::Conditional { condition, then, otherwise } => {
                let condition = self.evaluate(condition);
                match then {
                    _ if condition.unread().is_some() => condition,
                    _ if !self.is_true(&condition) => self.evaluate(otherwise),
                    Some(then) => self.evaluate(then),
                    None => condition,
                }
            }
        }
    }

    fn variable(&self, name: &str) -> Option<ConfigValue> {
        match self.language {
            Language::Php => self.environment.env(name),
            // Bundlers pass only these variables to a page.
            Language::Script if !(name.starts_with("VITE_") || name.starts_with("MIX_")) => None,
            Language::Script => self.environment.get(name).map(|text| ConfigValue::Text(text.to_owned())),
        }
    }

    fn array(&self, entries: &[Entry]) -> ConfigValue {
        let mut next = 0;
        let entries = entries.iter().map(|entry| {
            let key = match entry.key.as_ref().map(|key| self.evaluate(key)) {
                None => ArrayKey::Index(next),
                Some(ConfigValue::Integer(index)) => ArrayKey::Index(index),
                Some(key) => ArrayKey::Name(key.text().unwrap_or_default()),
            };
            if let ArrayKey::Index(index) = key {
                next = index.saturating_add(1);
            }
            (key, self.evaluate(&entry.value))
        });
        ConfigValue::Array(entries.collect())
    }

    fn cast(&self, cast: Cast, value: ConfigValue) -> ConfigValue {
        match cast {
            _ if value.unread().is_some() => value,
            Cast::Bool => ConfigValue::Bool(self.is_true(&value)),
            Cast::Text => value.text().map_or(ConfigValue::Null, ConfigValue::Text),
            Cast::Number => value.text().and_then(|text| number(text.trim())).unwrap_or(ConfigValue::Null),
        }
    }

    fn binary(&self, operator: Operator, left: &Expression, right: &Expression) -> ConfigValue {
        let left = self.evaluate(left);
        if let ConfigValue::Unread(_) = left {
            return left;
        }
        let decided = match operator {
            Operator::Coalesce => (left != ConfigValue::Null).then(|| left.clone()),
            Operator::Or => self.is_true(&left).then(|| self.logical(left.clone())),
            Operator::And => (!self.is_true(&left)).then(|| self.logical(left.clone())),
            Operator::Concatenate | Operator::Equal | Operator::Identical => None,
        };
        let right = || self.evaluate(right);
        match (decided, operator) {
            (Some(value), _) => value,
            (None, Operator::Coalesce) => right(),
            (None, Operator::Or | Operator::And) => self.logical(right()),
            (None, _) => match (operator, right()) {
                (_, ConfigValue::Unread(unread)) => ConfigValue::Unread(unread),
                (Operator::Identical, right) => ConfigValue::Bool(left == right),
                (Operator::Equal, right) => ConfigValue::Bool(left.text() == right.text()),
                (_, right) => ConfigValue::Text(left.text().unwrap_or_default() + &right.text().unwrap_or_default()),
            },
        }
    }

    /// Evaluates `||` and `&&`: to a boolean in PHP, to one of the two values in JavaScript.
    fn logical(&self, value: ConfigValue) -> ConfigValue {
        match (self.language, value) {
            (Language::Php, value) if value.unread().is_none() => ConfigValue::Bool(self.is_true(&value)),
            (_, value) => value,
        }
    }

    fn is_true(&self, value: &ConfigValue) -> bool {
        match value {
            ConfigValue::Null | ConfigValue::Unread(_) => false,
            ConfigValue::Bool(value) => *value,
            ConfigValue::Integer(value) => *value != 0,
            ConfigValue::Float(value) => *value != 0.0,
            ConfigValue::Text(text) => !text.is_empty() && (text != "0" || self.language == Language::Script),
            ConfigValue::Array(entries) => !entries.is_empty() || self.language == Language::Script,
        }
    }
}

/// A number in decimal or, with `0x`, in hexadecimal.
pub(crate) fn number(text: &str) -> Option<ConfigValue> {
    let digits = text.replace('_', "");
    let integer = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) => i64::from_str_radix(hex, 16).ok(),
        None => digits.parse().ok(),
    };
    integer.map(ConfigValue::Integer).or_else(|| digits.parse().ok().map(ConfigValue::Float))
}
