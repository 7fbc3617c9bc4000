//! Lines for people: a message, then `name=value` for each field.

use std::fmt::{self, Debug};

use anstyle::Style;
use clairon_protocol::{is_unprintable, one_line};
use tracing::field::{Field, Visit};
use tracing_subscriber::{
    field::RecordFields,
    fmt::{FormatFields, format::Writer},
};

/// Writes fields. Each value is escaped once, and quoted unless it is a single plain word.
pub(super) struct Fields;

impl<'writer> FormatFields<'writer> for Fields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'writer>, fields: R) -> fmt::Result {
        let mut line = Line { writer, is_begun: false, result: Ok(()) };
        fields.record(&mut line);
        line.result
    }
}

struct Line<'writer> {
    writer: Writer<'writer>,
    is_begun: bool,
    result: fmt::Result,
}

impl Visit for Line<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        let is_message = field.name() == "message";
        self.add(field.name(), &if is_message { one_line(value) } else { quoted(value) });
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let text = format!("{value:?}");
        let is_plain = field.name() == "message" || is_word(&text);
        self.add(field.name(), &if is_plain { one_line(&text) } else { quoted(&text) });
    }
}

impl Line<'_> {
    fn add(&mut self, name: &str, value: &str) {
        self.result = self.result.and_then(|()| self.write(name, value));
        self.is_begun = true;
    }

    fn write(&mut self, name: &str, value: &str) -> fmt::Result {
        if self.is_begun {
            self.writer.write_char(' ')?;
        }
        if name == "message" {
            return self.writer.write_str(value);
        }
        let has_styles = self.writer.has_ansi_escapes();
        let styled = |style: Style| if has_styles { style } else { Style::new() };
        let (italic, dimmed) = (styled(Style::new().italic()), styled(Style::new().dimmed()));
        write!(self.writer, "{italic}{name}{italic:#}{dimmed}={dimmed:#}{value}")
    }
}

/// True for a text that is unambiguous without quotes.
fn is_word(text: &str) -> bool {
    !text.is_empty()
        && !text.contains(|char: char| char.is_whitespace() || is_unprintable(char) || "\"\\=".contains(char))
}

/// `text` in quotes.
fn quoted(text: &str) -> String {
    format!("\"{}\"", one_line(&text.replace('\\', "\\\\").replace('"', "\\\"")))
}

#[cfg(test)]
mod tests {
    use std::{fs, sync::Arc};

    use tempfile::NamedTempFile;
    use tracing::{info, subscriber::with_default};

    use super::*;

    #[test]
    fn a_value_is_escaped_once() {
        let file = NamedTempFile::new().unwrap();
        let log = tracing_subscriber::fmt().with_writer(Arc::new(file.reopen().unwrap())).with_ansi(false);
        let text = "it's\n\u{1b}[2J \"a\\b\"";
        with_default(log.without_time().fmt_fields(Fields).finish(), || {
            info!(text, shown = %text, word = %"a-b", empty = %"", none = None::<&str>, number = 7, "said {text}");
        });
        let written = fs::read_to_string(file.path()).unwrap();
        let escaped = r#""it's\n\u{1b}[2J \"a\\b\"""#;
        let fields = format!("text={escaped} shown={escaped} word=a-b empty=\"\" number=7");
        assert!(written.ends_with(&format!(": said it's\\n\\u{{1b}}[2J \"a\\b\" {fields}\n")), "{written}");
    }
}
