//! Reads text literals.

use super::Language;

/// A literal: its size in the source in bytes, and its value unless code computes it.
pub(super) struct Literal {
    pub(super) size: usize,
    pub(super) value: Option<String>,
}

/// A literal in quotes. Without a closing quote it is unreadable up to the end of the file in PHP, and of the line in
/// JavaScript.
pub(super) fn quoted(source: &str, language: Language) -> Literal {
    let quote = if source.starts_with('"') { '"' } else { '\'' };
    let body = &source[1..];
    let end_of_line = if language == Language::Script { body.find('\n') } else { None };
    let Some(end) =
        closing(body, quote).filter(|end| end_of_line.is_none_or(|line| *end < line || body[..line].ends_with('\\')))
    else {
        return Literal { size: 1 + end_of_line.unwrap_or(body.len()), value: None };
    };
    let body = &body[..end];
    let value = match (language, quote) {
        (Language::Php, '\'') => Some(body.replace("\\'", "'").replace("\\\\", "\\")),
        (Language::Php, _) if has_variables(body) => None,
        _ => unescape(body),
    };
    Literal { size: end + 2, value }
}

/// A template literal of JavaScript. A `${…}` in it makes its value computed.
pub(super) fn template(source: &str) -> Literal {
    let body = &source[1..];
    match closing(body, '`') {
        Some(end) => {
            let value = if body[..end].contains("${") { None } else { unescape(&body[..end]) };
            Literal { size: end + 2, value }
        }
        None => Literal { size: source.len(), value: None },
    }
}

/// The size of a heredoc or nowdoc in bytes, with the line that begins with its label.
pub(super) fn heredoc_size(source: &str) -> usize {
    let (first, _) = source.split_once('\n').unwrap_or((source, ""));
    let label = first["<<<".len()..].trim().trim_matches(['"', '\'']);
    let mut size = first.len();
    for line in source[first.len()..].split_inclusive('\n').skip(1) {
        let indent = line.len() - line.trim_start().len();
        if !label.is_empty() && line[indent..].starts_with(label) {
            return (size + 1 + indent + label.len()).min(source.len());
        }
        size += line.len();
    }
    source.len()
}

/// The position of the quote that ends a literal.
fn closing(body: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, char) in body.char_indices() {
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if char == quote => return Some(at),
            _ => {}
        }
    }
    None
}

/// True if PHP replaces a variable in the text.
fn has_variables(body: &str) -> bool {
    let mut escaped = false;
    let mut after_dollar = false;
    for char in body.chars() {
        if after_dollar && (char.is_alphabetic() || matches!(char, '_' | '{')) {
            return true;
        }
        after_dollar = char == '$' && !escaped;
        escaped = char == '\\' && !escaped;
    }
    false
}

/// Replaces escapes; nothing if one is not common to PHP and JavaScript.
fn unescape(body: &str) -> Option<String> {
    let mut text = String::with_capacity(body.len());
    let mut chars = body.chars();
    while let Some(char) = chars.next() {
        if char != '\\' {
            text.push(char);
            continue;
        }
        match chars.next()? {
            'n' => text.push('\n'),
            't' => text.push('\t'),
            'r' => text.push('\r'),
            '\n' => {}
            escaped @ ('\\' | '\'' | '"' | '`' | '$' | '/') => text.push(escaped),
            _ => return None,
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_escapes() {
        let value = |source: &str, language| quoted(source, language).value;
        assert_eq!(value(r"'it\'s \n C:\\x'", Language::Php).as_deref(), Some(r"it's \n C:\x"));
        assert_eq!(value(r#""a\"\$b\n""#, Language::Php).as_deref(), Some("a\"$b\n"));
        assert_eq!(value(r#""costs 5$""#, Language::Php).as_deref(), Some("costs 5$"));
        assert_eq!(value(r#""{$a}""#, Language::Php), None);
        assert_eq!(value(r#""\x41""#, Language::Php), None);
        assert_eq!(value("'a\nb'", Language::Php).as_deref(), Some("a\nb"));
        assert_eq!(value("'a\nb'", Language::Script), None);
        assert_eq!(value("'$a'", Language::Script).as_deref(), Some("$a"));
    }
}
