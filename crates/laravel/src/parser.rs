//! Parses tokens into expressions. This file has what PHP and JavaScript share; `parser/` has the rest.

mod php;
mod script;

use std::collections::HashMap;

pub(crate) use self::{
    php::returned_array,
    script::{echo_call, script_object},
};

use crate::{
    expression::{Entry, Expression, Operator},
    token::{Kind, Language, Token, tokens},
    value::{ConfigValue, Unread},
};

/// The limit for nested expressions and for operators in a row. Deeper expressions are unread, because their evaluation
/// could overflow the stack.
const MAX_DEPTH: usize = 32;

/// An expression, or the reason why it cannot be read.
type Parsed = Result<Expression, Unread>;

pub(crate) struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    language: Language,
    /// The constants of a script with plain values.
    constants: HashMap<String, Expression>,
    constants_read: usize,
}

impl Parser {
    pub(crate) fn new(source: &str, language: Language) -> Self {
        Self {
            tokens: tokens(source, language),
            at: 0,
            depth: 0,
            language,
            constants: HashMap::new(),
            constants_read: 0,
        }
    }

    /// Parses one element of a list. If it cannot be read, or unknown tokens follow, it is skipped up to its end.
    fn element(&mut self) -> Expression {
        let start = self.at;
        let parsed = self.expression(0);
        match parsed {
            Ok(expression) if self.at_end() => expression,
            parsed => {
                self.at = start;
                let unread = parsed.err().unwrap_or_else(|| self.unread());
                self.skip_element();
                Expression::Unread(unread)
            }
        }
    }

    /// Parses an expression whose operators all bind at least as strongly as `weakest`.
    fn expression(&mut self, weakest: u8) -> Parsed {
        if self.depth >= MAX_DEPTH {
            return Err(self.because("an expression that is nested too deeply"));
        }
        self.depth += 1;
        let parsed = self.operators(weakest);
        self.depth -= 1;
        parsed
    }

    fn operators(&mut self, weakest: u8) -> Parsed {
        let mut left = self.operand()?;
        for _ in 0..MAX_DEPTH {
            let Some((symbol, strength)) = self.symbol().and_then(|symbol| Some((symbol, self.strength(symbol)?)))
            else {
                return Ok(left);
            };
            if strength < weakest {
                return Ok(left);
            }
            self.at += 1;
            left = if matches!(symbol, "?" | "?:") {
                self.conditional(left, symbol == "?:")?
            } else {
                // `??` is right-associative, all others are left-associative.
                let right = self.expression(if symbol == "??" { strength } else { strength + 1 })?;
                combine(symbol, left, right)
            };
        }
        Err(self.because("an expression with too many operators"))
    }

    /// Parses `a ? b : c` or `a ?: c` after the question mark.
    fn conditional(&mut self, condition: Expression, is_short: bool) -> Parsed {
        let then = if is_short {
            None
        } else {
            let then = self.expression(0)?;
            self.expect(":")?;
            Some(Box::new(then))
        };
        let otherwise = Box::new(self.expression(STRENGTH_OF_CONDITIONAL)?);
        Ok(Expression::Conditional { condition: Box::new(condition), then, otherwise })
    }

    fn strength(&self, symbol: &str) -> Option<u8> {
        let strength = match symbol {
            "?" | "?:" => STRENGTH_OF_CONDITIONAL,
            "??" => 2,
            "||" => 3,
            "&&" => 4,
            "==" | "===" | "!=" | "!==" => 5,
            "." if self.language == Language::Php => 6,
            "+" if self.language == Language::Script => 6,
            _ => return None,
        };
        Some(strength)
    }

    fn operand(&mut self) -> Parsed {
        let start = self.at;
        let unread = self.unread();
        let Some(token) = self.tokens.get(self.at) else { return Err(unread) };
        let kind = token.kind.clone();
        self.at += 1;
        match kind {
            Kind::Text(text) => Ok(Expression::Literal(ConfigValue::Text(text))),
            Kind::Number(text) => crate::evaluate::number(&text).map(Expression::Literal).ok_or(unread),
            Kind::Symbol("!") => Ok(Expression::Not(Box::new(self.expression(STRONGEST)?))),
            Kind::Symbol("[") => self.entries("]").map(Expression::Array),
            Kind::Name(_) | Kind::Symbol(_) => {
                self.at = start;
                match self.language {
                    Language::Php => self.php_operand(),
                    Language::Script => self.script_operand(),
                }
            }
            Kind::Opaque => Err(unread),
        }
    }

    /// Parses the entries of an array after its opening bracket, with the closing one.
    fn entries(&mut self, end: &str) -> Result<Vec<Entry>, Unread> {
        let mut entries = Vec::new();
        while !self.take(end) {
            if self.at >= self.tokens.len() {
                return Err(self.because("an array without an end"));
            }
            let first = self.element();
            let entry = if self.take("=>") {
                Entry { key: Some(first), value: self.element() }
            } else {
                Entry { key: None, value: first }
            };
            entries.push(entry);
            if !self.take(",") && !self.is(end) {
                return Err(self.because("an array whose brackets do not match"));
            }
        }
        Ok(entries)
    }

    /// Moves to the comma or closing bracket that ends the current element.
    fn skip_element(&mut self) {
        let mut open = 0_usize;
        while let Some(token) = self.tokens.get(self.at) {
            match token.kind {
                Kind::Symbol("[" | "(" | "{") => open += 1,
                Kind::Symbol("]" | ")" | "}" | "," | ";") if open == 0 => return,
                Kind::Symbol("]" | ")" | "}") => open -= 1,
                _ => {}
            }
            self.at += 1;
        }
    }

    fn symbol(&self) -> Option<&'static str> {
        match self.tokens.get(self.at)?.kind {
            Kind::Symbol(symbol) => Some(symbol),
            _ => None,
        }
    }

    /// True if an element may end here.
    fn at_end(&self) -> bool {
        match self.symbol() {
            Some(symbol) => matches!(symbol, "," | "]" | ")" | "}" | ";" | "=>"),
            None => self.at >= self.tokens.len(),
        }
    }

    fn name(&self) -> Option<&str> {
        match &self.tokens.get(self.at)?.kind {
            Kind::Name(name) => Some(name),
            _ => None,
        }
    }

    fn is(&self, symbol: &str) -> bool {
        self.symbol() == Some(symbol)
    }

    /// Takes a symbol if it is the next token.
    fn take(&mut self, symbol: &str) -> bool {
        let is_next = self.is(symbol);
        self.at += usize::from(is_next);
        is_next
    }

    /// Takes a name if it is the next token.
    fn take_name(&mut self) -> Option<String> {
        let name = self.name()?.to_owned();
        self.at += 1;
        Some(name)
    }

    fn expect(&mut self, symbol: &str) -> Result<(), Unread> {
        if self.take(symbol) { Ok(()) } else { Err(self.unread()) }
    }

    /// A description of the current token that does not show its value.
    fn unread(&self) -> Unread {
        let calls =
            matches!(self.tokens.get(self.at + 1).map(|token| &token.kind), Some(Kind::Symbol("(" | "::" | ".")));
        let what = match self.name() {
            Some(name @ ("function" | "fn" | "async" | "new" | "match" | "static")) => {
                format!("code that begins with {name}")
            }
            Some(name) if name.starts_with('$') => format!("the variable {name}"),
            Some(name) if calls => format!("a call of {name}"),
            Some(name) => format!("the name {name}"),
            None => "an expression".to_owned(),
        };
        self.because(&what)
    }

    fn because(&self, what: &str) -> Unread {
        let line = self.tokens.get(self.at).or(self.tokens.last()).map_or(1, |token| token.line);
        Unread { line, what: what.chars().take(80).collect() }
    }
}

const STRENGTH_OF_CONDITIONAL: u8 = 1;
/// A strength above all operators: parses a single operand.
const STRONGEST: u8 = 9;

fn combine(symbol: &str, left: Expression, right: Expression) -> Expression {
    let binary = |operator| Expression::Binary(operator, Box::new(left), Box::new(right));
    match symbol {
        "??" => binary(Operator::Coalesce),
        "||" => binary(Operator::Or),
        "&&" => binary(Operator::And),
        "==" => binary(Operator::Equal),
        "===" => binary(Operator::Identical),
        "!=" => Expression::Not(Box::new(binary(Operator::Equal))),
        "!==" => Expression::Not(Box::new(binary(Operator::Identical))),
        _ => binary(Operator::Concatenate),
    }
}
