//! Parses operands of PHP.

use super::{Parsed, Parser, STRONGEST};
use crate::{
    expression::{Cast, Expression},
    token::{Kind, Language},
    value::ConfigValue,
};

/// The array that a PHP configuration file returns.
pub(crate) fn returned_array(source: &str) -> Expression {
    let mut parser = Parser::new(source, Language::Php);
    let returns = |kind: &Kind| matches!(kind, Kind::Name(name) if name.eq_ignore_ascii_case("return"));
    match parser.tokens.iter().position(|token| returns(&token.kind)) {
        Some(at) => {
            parser.at = at + 1;
            parser.element()
        }
        None => Expression::Unread(parser.because("a file that returns nothing")),
    }
}

impl Parser {
    pub(super) fn php_operand(&mut self) -> Parsed {
        let unread = self.unread();
        if self.take("(") {
            return self.parenthesis();
        }
        if self.take("-") {
            return match self.expression(STRONGEST)? {
                Expression::Literal(ConfigValue::Integer(number)) => {
                    Ok(Expression::Literal(ConfigValue::Integer(-number)))
                }
                _ => Err(unread),
            };
        }
        let Some(name) = self.take_name() else { return Err(unread) };
        let short = name.trim_start_matches('\\').to_ascii_lowercase();
        match short.as_str() {
            "true" => Ok(Expression::Literal(ConfigValue::Bool(true))),
            "false" => Ok(Expression::Literal(ConfigValue::Bool(false))),
            "null" => Ok(Expression::Literal(ConfigValue::Null)),
            "array" if self.take("(") => self.entries(")").map(Expression::Array),
            "env" if self.take("(") => self.env().ok_or(unread),
            "intval" | "floatval" if self.take("(") => self.converted(Cast::Number),
            "boolval" if self.take("(") => self.converted(Cast::Bool),
            "strval" if self.take("(") => self.converted(Cast::Text),
            _ if self.take("::") => match self.take_name() {
                Some(member) if member.eq_ignore_ascii_case("class") => {
                    Ok(Expression::Literal(ConfigValue::Text(name)))
                }
                Some(member) if member == "get" && short.ends_with("env") && self.take("(") => self.env().ok_or(unread),
                _ => Err(unread),
            },
            _ => Err(unread),
        }
    }

    /// Parses a cast, or an expression in parentheses, after the opening parenthesis.
    fn parenthesis(&mut self) -> Parsed {
        let cast = match self.name().map(str::to_ascii_lowercase).as_deref() {
            Some("int" | "integer" | "float" | "double") => Some(Cast::Number),
            Some("bool" | "boolean") => Some(Cast::Bool),
            Some("string") => Some(Cast::Text),
            _ => None,
        };
        let is_cast = matches!(self.tokens.get(self.at + 1).map(|token| &token.kind), Some(Kind::Symbol(")")));
        match cast {
            Some(cast) if is_cast => {
                self.at += 2;
                Ok(Expression::Cast(cast, Box::new(self.expression(STRONGEST)?)))
            }
            _ => {
                let inner = self.expression(0)?;
                self.expect(")")?;
                Ok(inner)
            }
        }
    }

    /// Parses the arguments of `env` after the opening parenthesis.
    fn env(&mut self) -> Option<Expression> {
        let Kind::Text(name) = self.tokens.get(self.at)?.kind.clone() else { return None };
        self.at += 1;
        let has_default = self.take(",") && !self.is(")");
        let default = has_default.then(|| Box::new(self.element()));
        self.take(",");
        self.take(")").then_some(Expression::Variable { name, default })
    }

    /// Parses the argument of a conversion function after the opening parenthesis.
    pub(super) fn converted(&mut self, cast: Cast) -> Parsed {
        let inner = self.expression(0)?;
        // A base may follow, as in `parseInt(port, 10)`.
        if self.take(",") {
            self.expression(0)?;
        }
        self.expect(")")?;
        Ok(Expression::Cast(cast, Box::new(inner)))
    }
}
