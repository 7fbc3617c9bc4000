//! Settings as they were written, and reading them as what they are.

use std::{
    collections::BTreeMap,
    fmt::{self, Display},
    ops::RangeInclusive,
};

use super::{database_url::redact, problem::Problems, webhooks::WebhookDeclaration};

/// One setting as it was written.
///
/// It has no `Debug`: the value may be a secret.
pub(super) struct Entry {
    /// Its key, as the person who wrote it knows it: a variable, a flag, or a key in a file.
    pub(super) written: String,
    pub(super) value: Value,
}

/// The value of a setting, before it is known what it has to be.
pub(super) enum Value {
    /// From a variable or a flag, where everything is text.
    Text(String),
    /// From a file.
    Toml(toml::Value),
    /// The endpoints of an app, each with fields of its own.
    Webhooks(Vec<WebhookDeclaration>),
}

/// Settings by their names.
pub(super) type Table = BTreeMap<String, Entry>;

/// Reads settings out of a table and collects what is wrong with them.
///
/// Each method returns `None` for a setting that is not there, and for one that is wrong: that is then a problem.
pub(super) struct Fields<'a> {
    table: &'a Table,
    problems: &'a mut Problems,
}

/// How much of a wrong value a problem may show.
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

    /// A switch.
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

    /// A text that `parse` takes, or says in an error what it would take.
    pub(super) fn text<T, E: Display>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
        self.parse(name, Show::All, parse)
    }

    /// A URL, of which a problem shows no password.
    pub(super) fn url<T, E: Display>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
        self.parse(name, Show::Url, parse)
    }

    /// A text of which a problem shows nothing.
    pub(super) fn secret<T, E: Display>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
        self.parse(name, Show::Nothing, parse)
    }

    /// A list of texts; in a variable, with commas between them.
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

    /// A table of texts, of which a problem shows nothing.
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

    /// What stands there, whatever it is.
    pub(super) fn value(&self, name: &str) -> Option<&'a Value> {
        self.table.get(name).map(|entry| &entry.value)
    }

    /// The settings of a table that is a value here.
    pub(super) fn of_table<'b>(&'b mut self, table: &'b Table) -> Fields<'b> {
        Fields { table, problems: self.problems }
    }

    /// Adds a problem that names what it is about.
    pub(super) fn problem(&mut self, problem: impl Display) {
        self.problems.add(problem);
    }

    /// Says what is wrong with a setting in words that show as much of its value as may be shown.
    pub(super) fn explain(&mut self, name: &str, wrong: impl Display) {
        if let Some(entry) = self.table.get(name) {
            self.add(entry, Show::Nothing, wrong);
        }
    }

    /// Says what is wrong with a setting beside others.
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

/// True for what looks like a credential that was put into the wrong setting, and must not be repeated.
fn may_be_a_credential(entry: &Entry) -> bool {
    const USUAL_CHARS: usize = 16;
    entry.value.as_text().is_some_and(|text| text.contains('@') || text.chars().count() > USUAL_CHARS)
}

/// The items of `text`, which has commas between them; white space around them is not theirs.
fn split_list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

impl Value {
    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Toml(value) => value.as_str(),
            Self::Webhooks(_) => None,
        }
    }
}

impl Display for Value {
    /// As in TOML: texts in quotes.
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
