//! Parses operands of JavaScript and TypeScript, and finds the call that sets Echo up.

use super::{Parsed, Parser, STRONGEST};
use crate::{
    expression::{Cast, Entry, Expression},
    token::{Kind, Language},
    value::ConfigValue,
};

/// The number of constants that are read. Each may be skipped to its end and then scanned again, which costs time.
const MAX_CONSTANTS: usize = 64;

/// A call that sets Echo up, with its options.
pub(crate) struct EchoCall {
    /// `new Echo(…)` or `configureEcho(…)`.
    pub(crate) function: &'static str,
    /// The line of the call, from 1.
    pub(crate) line: u32,
    pub(crate) options: Expression,
}

/// The last call of a script that sets Echo up.
pub(crate) fn echo_call(source: &str) -> Option<EchoCall> {
    let mut parser = Parser::new(source, Language::Script);
    let mut found = None;
    while parser.at < parser.tokens.len() {
        if parser.is_constant() {
            parser.constant();
        } else if let Some(function) = parser.echo_function() {
            let line = parser.tokens[parser.at].line;
            parser.at += 1;
            parser.skip_type_arguments();
            if parser.take("(") {
                found = Some(EchoCall { function, line, options: parser.element() });
            }
        } else {
            parser.at += 1;
        }
    }
    found
}

impl Parser {
    pub(super) fn script_operand(&mut self) -> Parsed {
        let operand = self.bare_operand()?;
        // In TypeScript `value!` and `value as string` have the value of `value`.
        self.take("!");
        if matches!(self.name(), Some("as" | "satisfies")) {
            self.at += 1;
            self.take_name();
        }
        Ok(operand)
    }

    fn bare_operand(&mut self) -> Parsed {
        let unread = self.unread();
        if self.take("(") {
            let inner = self.expression(0)?;
            self.expect(")")?;
            return Ok(inner);
        }
        if self.take("{") {
            return self.members().map(Expression::Array);
        }
        if self.take("-") {
            return match self.expression(STRONGEST)? {
                Expression::Literal(ConfigValue::Integer(number)) => {
                    Ok(Expression::Literal(ConfigValue::Integer(-number)))
                }
                _ => Err(unread),
            };
        }
        let path = self.path().ok_or_else(|| unread.clone())?;
        match path.as_str() {
            "true" => return Ok(Expression::Literal(ConfigValue::Bool(true))),
            "false" => return Ok(Expression::Literal(ConfigValue::Bool(false))),
            "null" | "undefined" => return Ok(Expression::Literal(ConfigValue::Null)),
            "window.location.hostname" | "location.hostname" => return Ok(Expression::PageHost),
            "Number" | "parseInt" | "Number.parseInt" if self.take("(") => return self.converted(Cast::Number),
            "String" if self.take("(") => return self.converted(Cast::Text),
            "Boolean" if self.take("(") => return self.converted(Cast::Bool),
            _ => {}
        }
        let variable = path.strip_prefix("import.meta.env.").or_else(|| path.strip_prefix("process.env."));
        match variable {
            Some(name) if !name.contains('.') => Ok(Expression::Variable { name: name.to_owned(), default: None }),
            _ => self.constants.get(&path).cloned().ok_or(unread),
        }
    }

    /// Parses a path such as `a.b?.c["d"]` and returns it as `a.b.c.d`.
    fn path(&mut self) -> Option<String> {
        let mut path = self.take_name()?;
        loop {
            if self.take(".") || self.take("?.") {
                path.push('.');
                path.push_str(&self.take_name()?);
            } else if self.is("[") {
                let (key, end) = (self.tokens.get(self.at + 1)?, self.tokens.get(self.at + 2)?);
                let (Kind::Text(key), Kind::Symbol("]")) = (&key.kind, &end.kind) else { return None };
                path.push('.');
                path.push_str(key);
                self.at += 3;
            } else {
                return Some(path);
            }
        }
    }

    /// Parses the members of an object after its opening brace, with the closing one.
    fn members(&mut self) -> Result<Vec<Entry>, crate::value::Unread> {
        let mut members = Vec::new();
        while !self.take("}") {
            let Some(token) = self.tokens.get(self.at) else { return Err(self.because("an object without an end")) };
            let unread = self.unread();
            let key = match &token.kind {
                Kind::Name(name) => Some(name.clone()),
                Kind::Text(text) => Some(text.clone()),
                _ => None,
            };
            let start = self.at;
            self.at += usize::from(key.is_some());
            let value = if key.is_some() && self.take(":") {
                self.element()
            } else if key.is_some() && matches!(self.symbol(), Some("," | "}")) {
                self.at = start;
                self.element()
            } else {
                // A method, a spread, a computed name.
                self.at = start;
                self.skip_element();
                Expression::Unread(unread)
            };
            let key = key.map(|key| Expression::Literal(ConfigValue::Text(key)));
            members.push(Entry { key, value });
            if !self.take(",") && !self.is("}") {
                return Err(self.because("an object whose brackets do not match"));
            }
        }
        Ok(members)
    }

    /// True at `const name = …`.
    fn is_constant(&self) -> bool {
        let is_equals = |token: &crate::token::Token| token.kind == Kind::Symbol("=");
        self.constants_read < MAX_CONSTANTS
            && matches!(self.name(), Some("const" | "let" | "var"))
            && matches!(self.tokens.get(self.at + 1).map(|token| &token.kind), Some(Kind::Name(_)))
            && self.tokens.get(self.at + 2).is_some_and(is_equals)
    }

    /// Stores a constant if it has only plain values and variables. Constants of constants are not stored, because they
    /// could grow without bound.
    fn constant(&mut self) {
        self.constants_read += 1;
        self.at += 1;
        let name = self.take_name().unwrap_or_default();
        self.at += 1;
        let start = self.at;
        let known = std::mem::take(&mut self.constants);
        let value = if matches!(self.symbol(), Some("[" | "{")) { Err(self.unread()) } else { self.expression(0) };
        self.constants = known;
        let is_plain =
            matches!(value, Ok(Expression::Literal(_) | Expression::Variable { .. } | Expression::Binary(..)));
        let unread = Expression::Unread(self.because("a constant that is not plain"));
        self.constants.insert(name, value.ok().filter(|_| is_plain).unwrap_or(unread));
        if !is_plain {
            // The value may contain the call to Echo.
            self.at = start;
        }
    }

    /// The name of the function if the current token is the last one of `new Echo` or `configureEcho`.
    fn echo_function(&mut self) -> Option<&'static str> {
        match self.name()? {
            "configureEcho" => Some("configureEcho"),
            "Echo" if matches!(self.tokens[..self.at].last()?.kind, Kind::Name(ref name) if name == "new") => {
                Some("new Echo")
            }
            _ => None,
        }
    }

    /// Skips type arguments such as `<'reverb'>`.
    fn skip_type_arguments(&mut self) {
        if !self.is("<") {
            return;
        }
        let is_end = |kind: &Kind| matches!(kind, Kind::Symbol(">" | "(" | ";"));
        let size = self.tokens[self.at..].iter().position(|token| is_end(&token.kind));
        if let Some(size) = size {
            self.at += size;
            self.take(">");
        }
    }
}

/// Parses a script that is a single object.
pub(crate) fn script_object(source: &str) -> Expression {
    Parser::new(source, Language::Script).element()
}
