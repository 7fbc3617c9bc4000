//! Laravel's `env()`, of `Illuminate\Support\Env`.

use crate::value::ConfigValue;

/// The value that `env()` returns for a variable's text, from `.env` or from the process.
pub(crate) fn env(text: &str) -> ConfigValue {
    match text.to_ascii_lowercase().as_str() {
        "true" | "(true)" => ConfigValue::Bool(true),
        "false" | "(false)" => ConfigValue::Bool(false),
        "null" | "(null)" => ConfigValue::Null,
        "empty" | "(empty)" => ConfigValue::Text(String::new()),
        _ => ConfigValue::Text(unquoted(text).to_owned()),
    }
}

/// The text without quotes around it. For example, Docker's `--env-file` passes quotes as part of the value. A text of
/// several lines keeps its quotes.
fn unquoted(text: &str) -> &str {
    let within = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    within('"').or_else(|| within('\'')).filter(|within| !within.contains('\n')).unwrap_or(text)
}
