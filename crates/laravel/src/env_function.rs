//! Laravel's `env()`, of `Illuminate\Support\Env`.

use crate::value::Value;

/// What `env()` makes of a variable's text, whether it comes from `.env` or from the process.
pub(crate) fn env(text: &str) -> Value {
    match text.to_ascii_lowercase().as_str() {
        "true" | "(true)" => Value::Bool(true),
        "false" | "(false)" => Value::Bool(false),
        "null" | "(null)" => Value::Null,
        "empty" | "(empty)" => Value::Text(String::new()),
        _ => Value::Text(unquoted(text).to_owned()),
    }
}

/// The text without quotes that are left around it: those of Docker's `--env-file`, for one, are part of a value. A
/// text over several lines keeps them.
fn unquoted(text: &str) -> &str {
    let within = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    within('"').or_else(|| within('\'')).filter(|within| !within.contains('\n')).unwrap_or(text)
}
