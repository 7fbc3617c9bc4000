//! Splits PHP and JavaScript into tokens.

mod text;

use self::text::Literal;

/// The language of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Php,
    Script,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    /// The line, from 1.
    pub(crate) line: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Text(String),
    Number(String),
    Name(String),
    Symbol(&'static str),
    /// A literal with a computed value, or an unknown character.
    Opaque,
}

/// All symbols, longer ones first.
const SYMBOLS: [&str; 40] = [
    "===", "!==", "...", "??=", "?->", "=>", "==", "!=", "??", "?:", "?.", "->", "::", "&&", "||", "[", "]", "(", ")",
    "{", "}", ",", ";", ".", "?", ":", "!", "+", "-", "*", "/", "%", "=", "<", ">", "&", "|", "^", "~", "@",
];

/// Splits a text into tokens. It drops comments and white space, and in PHP all text before `<?php`.
pub(crate) fn tokens(source: &str, language: Language) -> Vec<Token> {
    let mut lexer = Lexer { rest: source, line: 1, language };
    if language == Language::Php {
        lexer.skip(source.find("<?php").map_or(source.len(), |start| start + "<?php".len()));
    }
    std::iter::from_fn(|| lexer.next()).collect()
}

struct Lexer<'a> {
    rest: &'a str,
    line: u32,
    language: Language,
}

impl<'a> Lexer<'a> {
    fn next(&mut self) -> Option<Token> {
        self.skip_space();
        let line = self.line;
        let first = self.rest.chars().next()?;
        let kind = match first {
            '\'' | '"' => self.literal(text::quoted(self.rest, self.language)),
            '`' => self.literal(text::template(self.rest)),
            '<' if self.rest.starts_with("<<<") && self.language == Language::Php => {
                self.take(text::heredoc_size(self.rest));
                Kind::Opaque
            }
            '0'..='9' => Kind::Number(self.take(number_size(self.rest)).to_owned()),
            _ if self.is_name(first) => {
                let size = self.rest.find(|char: char| !self.is_name(char) && !char.is_ascii_digit());
                Kind::Name(self.take(size.unwrap_or(self.rest.len())).to_owned())
            }
            _ => {
                let symbol = SYMBOLS.into_iter().find(|symbol| self.rest.starts_with(symbol));
                self.take(symbol.map_or(first.len_utf8(), str::len));
                symbol.map_or(Kind::Opaque, Kind::Symbol)
            }
        };
        Some(Token { kind, line })
    }

    fn literal(&mut self, literal: Literal) -> Kind {
        self.take(literal.size);
        literal.value.map_or(Kind::Opaque, Kind::Text)
    }

    fn is_name(&self, char: char) -> bool {
        char.is_alphabetic() || char == '_' || char == '$' || (char == '\\' && self.language == Language::Php)
    }

    /// Takes `size` bytes, which must end at a character boundary.
    fn take(&mut self, size: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(size);
        let lines = taken.bytes().filter(|byte| *byte == b'\n').count();
        self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        self.rest = rest;
        taken
    }

    fn skip(&mut self, size: usize) {
        self.take(size);
    }

    fn skip_space(&mut self) {
        loop {
            let space = self.rest.len() - self.rest.trim_start().len();
            let comment = self.comment_size(&self.rest[space..]);
            if space + comment == 0 {
                return;
            }
            self.skip(space + comment);
        }
    }

    fn comment_size(&self, rest: &str) -> usize {
        let is_hash = self.language == Language::Php && rest.starts_with('#') && !rest.starts_with("#[");
        if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if rest.starts_with("//") || is_hash {
            rest.find('\n').unwrap_or(rest.len())
        } else {
            0
        }
    }
}

/// The size of the number at the start, in bytes: digits, letters (`0x1F`, `1e3`), `_`, and a dot before a digit.
fn number_size(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let belongs = |at: usize| match bytes[at] {
        b'.' => bytes.get(at + 1).is_some_and(u8::is_ascii_digit),
        byte => byte.is_ascii_alphanumeric() || byte == b'_',
    };
    (0..bytes.len()).find(|at| !belongs(*at)).unwrap_or(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(source: &str, language: Language) -> Vec<Kind> {
        tokens(source, language).into_iter().map(|token| token.kind).collect()
    }

    #[test]
    fn php_is_cut() {
        let source = "html <?php # one\n/* two\n */ return ['a' => env(\"B\\n\", 1.5)]; // three";
        let tokens = tokens(source, Language::Php);
        let lines: Vec<u32> = tokens.iter().map(|token| token.line).collect();
        assert!(lines.iter().all(|line| *line == 3), "{lines:?}");
        let kinds: Vec<Kind> = tokens.into_iter().map(|token| token.kind).collect();
        let (symbol, name) = (Kind::Symbol, |name: &str| Kind::Name(name.to_owned()));
        let expected = vec![
            name("return"),
            symbol("["),
            Kind::Text("a".into()),
            symbol("=>"),
            name("env"),
            symbol("("),
            Kind::Text("B\n".into()),
            symbol(","),
            Kind::Number("1.5".into()),
            symbol(")"),
            symbol("]"),
            symbol(";"),
        ];
        assert_eq!(kinds, expected);
    }

    #[test]
    fn what_only_the_program_knows_is_opaque() {
        assert_eq!(kinds("<?php \"a $b\"", Language::Php), [Kind::Opaque]);
        assert_eq!(kinds("<?php <<<X\n it's\n X", Language::Php), [Kind::Opaque]);
        assert_eq!(kinds("`a ${b}`", Language::Script), [Kind::Opaque]);
        // An apostrophe in the text of a page does not start a literal up to the end of the file.
        let kinds = kinds("don't\nx", Language::Script);
        assert_eq!(kinds, [Kind::Name("don".into()), Kind::Opaque, Kind::Name("x".into())]);
    }
}
