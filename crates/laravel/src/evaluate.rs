//! Evaluates expressions with the project's variables.

use crate::{
    environment::Environment,
    expression::{Cast, Entry, Expression, Operator},
    token::Language,
    value::{Key, Value},
};

/// The language whose rules apply.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Evaluator<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) language: Language,
}

impl Evaluator<'_> {
    /// The value of an expression. It is unread if an unread part decides it.
    pub(crate) fn evaluate(&self, expression: &Expression) -> Value {
        match expression {
            Expression::Literal(value) => value.clone(),
            Expression::Unread(unread) => Value::Unread(unread.clone()),
            Expression::PageHost => self.environment.page_host().map_or(Value::Null, Value::Text),
            Expression::Variable { name, default } => {
                let default = || default.as_ref().map_or(Value::Null, |default| self.evaluate(default));
                self.variable(name).unwrap_or_else(default)
            }
            Expression::Array(entries) => self.array(entries),
            Expression::Not(inner) => match self.evaluate(inner) {
                Value::Unread(unread) => Value::Unread(unread),
                value => Value::Bool(!self.is_true(&value)),
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

    fn variable(&self, name: &str) -> Option<Value> {
        match self.language {
            Language::Php => self.environment.env(name),
            // Bundlers pass only these variables to a page.
            Language::Script if !(name.starts_with("VITE_") || name.starts_with("MIX_")) => None,
            Language::Script => self.environment.get(name).map(|text| Value::Text(text.to_owned())),
        }
    }

    fn array(&self, entries: &[Entry]) -> Value {
        let mut next = 0;
        let entries = entries.iter().map(|entry| {
            let key = match entry.key.as_ref().map(|key| self.evaluate(key)) {
                None => Key::Index(next),
                Some(Value::Integer(index)) => Key::Index(index),
                Some(key) => Key::Name(key.text().unwrap_or_default()),
            };
            if let Key::Index(index) = key {
                next = index.saturating_add(1);
            }
            (key, self.evaluate(&entry.value))
        });
        Value::Array(entries.collect())
    }

    fn cast(&self, cast: Cast, value: Value) -> Value {
        match cast {
            _ if value.unread().is_some() => value,
            Cast::Bool => Value::Bool(self.is_true(&value)),
            Cast::Text => value.text().map_or(Value::Null, Value::Text),
            Cast::Number => value.text().and_then(|text| number(text.trim())).unwrap_or(Value::Null),
        }
    }

    fn binary(&self, operator: Operator, left: &Expression, right: &Expression) -> Value {
        let left = self.evaluate(left);
        if let Value::Unread(_) = left {
            return left;
        }
        let decided = match operator {
            Operator::Coalesce => (left != Value::Null).then(|| left.clone()),
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
                (_, Value::Unread(unread)) => Value::Unread(unread),
                (Operator::Identical, right) => Value::Bool(left == right),
                (Operator::Equal, right) => Value::Bool(left.text() == right.text()),
                (_, right) => Value::Text(left.text().unwrap_or_default() + &right.text().unwrap_or_default()),
            },
        }
    }

    /// Evaluates `||` and `&&`: to a boolean in PHP, to one of the two values in JavaScript.
    fn logical(&self, value: Value) -> Value {
        match (self.language, value) {
            (Language::Php, value) if value.unread().is_none() => Value::Bool(self.is_true(&value)),
            (_, value) => value,
        }
    }

    fn is_true(&self, value: &Value) -> bool {
        match value {
            Value::Null | Value::Unread(_) => false,
            Value::Bool(value) => *value,
            Value::Integer(value) => *value != 0,
            Value::Float(value) => *value != 0.0,
            Value::Text(text) => !text.is_empty() && (text != "0" || self.language == Language::Script),
            Value::Array(entries) => !entries.is_empty() || self.language == Language::Script,
        }
    }
}

/// A number in decimal or, with `0x`, in hexadecimal.
pub(crate) fn number(text: &str) -> Option<Value> {
    let digits = text.replace('_', "");
    let integer = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) => i64::from_str_radix(hex, 16).ok(),
        None => digits.parse().ok(),
    };
    integer.map(Value::Integer).or_else(|| digits.parse().ok().map(Value::Float))
}
