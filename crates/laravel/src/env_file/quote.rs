//! Writes a value.

use crate::{env_function::env, value::ConfigValue};

/// `text` in the form of a value in an `.env` file. Laravel's `env()` reads it as the same text. Plain letters and
/// digits need no quotes. A text that `env()` would convert, such as `null`, gets a second pair of quotes, which
/// `env()` removes.
#[must_use]
pub fn quote(text: &str) -> String {
    let is_kept = env(text) == ConfigValue::Text(text.to_owned());
    if is_kept && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return text.to_owned();
    }
    let kept = if is_kept { text.to_owned() } else { format!("\"{text}\"") };
    let mut quoted = String::from("\"");
    for char in kept.chars() {
        let escaped = match char {
            '"' | '\\' | '$' => char,
            '\x0c' => 'f',
            '\n' => 'n',
            '\r' => 'r',
            '\t' => 't',
            '\x0b' => 'v',
            _ => {
                quoted.push(char);
                continue;
            }
        };
        quoted.extend(['\\', escaped]);
    }
    quoted.push('"');
    quoted
}
