//! Settings as they were written, and their parsing.

use std::{
    collections::BTreeMap,
    fmt::{self, Display},
    ops::RangeInclusive,
};

use super::{database_url::redact, problem::Problems, webhooks::WebhookDeclaration};

/// A setting as it was written.
///
/// It has no `Debug`, because the value may be a secret.
pub(super) struct Entry {
    /// The name under which it was written: a variable, a flag, or a key in a file.
    pub(super) written: String,
    pub(super) value: Value,
}

/// The value of a setting before parsing.
pub(super) enum Value {
    /// A value of a variable or a flag, which is always text.
    Text(String),
    /// A value of a file.
    Toml(toml::Value),
    /// The endpoints of an app. Each has its own fields.
    Webhooks(Vec<WebhookDeclaration>),
}

/// Settings by name.
pub(super) type Table = BTreeMap<String, Entry>;

/// Parses the settings of a table and collects the problems.
///
/// Each method returns `None` for a missing setting, and for an invalid one, which is added to the problems.
pub(super) struct Fields<'a> {
    table: &'a Table,
    problems: &'a mut Problems,
}

/// The part of an invalid value that a problem may show.
#[derive(Clone, Copy)]
enum Show {
    All,
    Url,
    Nothing,
}

impl<'a> Fields<'a> {
    pub(super) fn new(table: &'a Table, problems: &'a mut Problems) -> Self {
        Self { table, problems }
    }

    /// A whole number.
    pub(super) fn number<N>(&mut self, name: &str, allowed: RangeInclusive<N>) -> Option<N>
    where
        N: TryFrom<i64> + PartialOrd + Display + Copy,
    {
        let entry = self.table.get(name)?;
        let number = match &entry.value {
            Value::Text(text) => text.parse().ok(),
            Value::Toml(value) => value.as_integer(),
            Value::Webhooks(_) => None,
        };
        let number = number.and_then(|number| N::try_from(number).ok()).filter(|number| allowed.contains(number));
        if number.is_none() {
            let allowed = format!("allowed are whole numbers from {} to {}", allowed.start(), allowed.end());
            self.add(entry, Show::All, allowed);
        }
        number
    }

    /// A boolean.
    pub(super) fn flag(&mut self, name: &str) -> Option<bool> {
        let entry = self.table.get(name)?;
        let flag = match &entry.value {
            Value::Text(text) => match text.as_str() {
                "true" | "1" => Some(true),
                "false" | "0" => Some(false),
                _ => None,
            },
            Value::Toml(value) => value.as_bool(),
            Value::Webhooks(_) => None,
        };
        if flag.is_none() {
            self.add(entry, Show::All, "allowed are true and false");
        }
        flag
    }

    /// A text that `parse` accepts. The error of `parse` says what is allowed.
    pub(super) fn text<T, E: Display>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
        self.parse(name, Show::All, parse)
    }

    /// A URL. A problem does not show its password.
    pub(super) fn url<T, E: Display>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
        self.parse(name, Show::Url, parse)
    }

    /// A text that a problem does not show.
    pub(super) fn secret<T, E: Display>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
        self.parse(name, Show::Nothing, parse)
    }

    /// A list of texts. In a variable they are separated by commas.
    pub(super) fn list(&mut self, name: &str) -> Option<Vec<String>> {
        let entry = self.table.get(name)?;
        let list = match &entry.value {
            Value::Text(text) => Some(split_list(text)),
            Value::Toml(value) => value.as_array().and_then(|items| {
                items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
            }),
            Value::Webhooks(_) => None,
        };
        if list.is_none() {
            self.add(entry, Show::All, "allowed is a list of texts");
        }
        list
    }

    /// A table of texts that a problem does not show.
    pub(super) fn texts(&mut self, name: &str) -> Option<Vec<(String, String)>> {
        let entry = self.table.get(name)?;
        let texts = match &entry.value {
            Value::Toml(toml::Value::Table(table)) => {
                let text = |(key, value): (&String, &toml::Value)| Some((key.clone(), value.as_str()?.to_owned()));
                table.iter().map(text).collect::<Option<Vec<_>>>()
            }
            _ => None,
        };
        if texts.is_none() {
            self.add(entry, Show::Nothing, "allowed is a table of texts, such as { \"X-Shop\" = \"1\" }");
        }
        texts
    }

    /// The value, unparsed.
    pub(super) fn value(&self, name: &str) -> Option<&'a Value> {
        self.table.get(name).map(|entry| &entry.value)
    }

    /// The settings of a table that is a value of this table.
    pub(super) fn of_table<'b>(&'b mut self, table: &'b Table) -> Fields<'b> {
        Fields { table, problems: self.problems }
    }

    /// Adds a complete problem.
    pub(super) fn problem(&mut self, problem: impl Display) {
        self.problems.add(problem);
    }

    /// Adds a problem about a setting, with as much of its value as may be shown.
    pub(super) fn explain(&mut self, name: &str, wrong: impl Display) {
        if let Some(entry) = self.table.get(name) {
            self.add(entry, Show::Nothing, wrong);
        }
    }

    /// Adds a problem about a setting that does not fit others.
    pub(super) fn refuse(&mut self, name: &str, wrong: impl Display) {
        if let Some(entry) = self.table.get(name) {
            self.add(entry, Show::All, wrong);
        }
    }

    fn parse<T, E: Display>(&mut self, name: &str, show: Show, parse: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
        let entry = self.table.get(name)?;
        match entry.value.as_text().map(parse) {
            Some(Ok(value)) => return Some(value),
            Some(Err(allowed)) => self.add(entry, show, allowed),
            None => self.add(entry, show, "allowed is a text in quotes"),
        }
        None
    }

    fn add(&mut self, entry: &Entry, show: Show, allowed: impl Display) {
        let written = &entry.written;
        let value = match show {
            Show::All if may_be_a_credential(entry) => return self.problems.add(format_args!("{written}: {allowed}")),
            Show::All => entry.value.to_string(),
            Show::Url => Value::Text(redact(entry.value.as_text().unwrap_or_default())).to_string(),
            Show::Nothing => return self.problems.add(format_args!("{written}: {allowed}")),
        };
        self.problems.add(format_args!("{written} is {}: {allowed}", clip(&value)));
    }
}

/// A parser for a setting that may be empty, which means that it is not set.
pub(super) fn optional<T, E>(parse: impl FnOnce(&str) -> Result<T, E>) -> impl FnOnce(&str) -> Result<Option<T>, E> {
    |text| if text.is_empty() { Ok(None) } else { parse(text).map(Some) }
}

/// True for a value that looks like a credential in the wrong setting. It must not be repeated.
fn may_be_a_credential(entry: &Entry) -> bool {
    const USUAL_CHARS: usize = 16;
    entry.value.as_text().is_some_and(|text| text.contains('@') || text.chars().count() > USUAL_CHARS)
}

/// The items of `text`, separated by commas, without surrounding white space.
fn split_list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

impl Value {
    /// True for a list without entries.
    pub(super) fn is_empty_list(&self) -> bool {
        match self {
            Self::Text(text) => split_list(text).is_empty(),
            Self::Toml(value) => value.as_array().is_some_and(Vec::is_empty),
            Self::Webhooks(_) => false,
        }
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Toml(value) => value.as_str(),
            Self::Webhooks(_) => None,
        }
    }
}

impl Display for Value {
    /// The form of TOML: texts are quoted.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => toml::Value::from(text.as_str()).fmt(f),
            Self::Toml(value) => value.fmt(f),
            Self::Webhooks(_) => f.write_str("a list of tables"),
        }
    }
}

/// At most 80 characters of `text`.
fn clip(text: &str) -> String {
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
