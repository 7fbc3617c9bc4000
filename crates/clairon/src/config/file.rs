//! A settings file.

use std::{borrow::Cow, collections::BTreeSet, path::Path};

use serde::{Deserialize, de::IntoDeserializer};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    app::Declaration,
    fields::{Entry, Table, Value},
    problem::{Problems, unknown},
};

/// What stands in a settings file.
#[derive(Default)]
pub(super) struct File {
    /// By `section.key`.
    pub(super) settings: Table,
    /// One for each `[[apps]]` table.
    pub(super) apps: Vec<Declaration>,
}

type Node<'a> = Spanned<DeValue<'a>>;

impl File {
    /// Reads and parses the file at `path`.
    pub(super) fn read(path: &Path, sections: &BTreeSet<&str>, problems: &mut Problems) -> Self {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text, &path.display().to_string(), Some(sections), problems),
            Err(error) => {
                problems.add(format_args!("--config {}: cannot read the file: {error}", path.display()));
                Self::default()
            }
        }
    }

    /// Parses `text`. `origin` is what problems call it; `sections` are the sections that there are, if that is known.
    pub(super) fn parse(text: &str, origin: &str, sections: Option<&BTreeSet<&str>>, problems: &mut Problems) -> Self {
        let mut reader = Reader { text, origin, file: Self::default(), problems };
        match DeTable::parse(text) {
            Ok(document) => {
                for (name, node) in document.into_inner() {
                    reader.section(&name, node, sections);
                }
            }
            Err(error) => {
                let line = line_of(text, error.span().map_or(0, |span| span.start));
                reader.problems.add(format_args!("{origin}:{line}: not valid TOML: {}", error.message()));
            }
        }
        reader.file
    }
}

struct Reader<'a> {
    text: &'a str,
    origin: &'a str,
    file: File,
    problems: &'a mut Problems,
}

impl Reader<'_> {
    /// `name`, and where it stands.
    fn place(&self, name: &str, offset: usize) -> String {
        format!("{name} ({}:{})", self.origin, line_of(self.text, offset))
    }

    fn section(&mut self, name: &Spanned<Cow<'_, str>>, node: Node<'_>, sections: Option<&BTreeSet<&str>>) {
        let section = name.get_ref().as_ref();
        let written = self.place(section, name.span().start);
        if section == "apps" {
            return self.apps(&written, node);
        }
        if let Some(sections) = sections.filter(|sections| !sections.contains(section)) {
            let names = sections.iter().copied().chain(["apps"]).collect::<Vec<_>>();
            return self.problems.add(unknown(&written, section, &names));
        }
        match node.into_inner() {
            DeValue::Table(table) => {
                let entries = self.entries(table, &format!("{section}."));
                self.file.settings.extend(entries);
            }
            other => self.problems.add(format_args!("{written} is a {}: allowed is [{section}]", other.type_str())),
        }
    }

    fn apps(&mut self, written: &str, node: Node<'_>) {
        let wrong = "allowed are [[apps]] tables";
        let DeValue::Array(apps) = node.into_inner() else {
            return self.problems.add(format_args!("{written}: {wrong}"));
        };
        for app in apps {
            let written = self.place("[[apps]]", app.span().start);
            match app.into_inner() {
                DeValue::Table(table) => {
                    let fields = self.entries(table, "apps.");
                    let fields = fields.into_iter().map(|(name, entry)| (name["apps.".len()..].to_owned(), entry));
                    self.file.apps.push(Declaration { written, spell: str::to_owned, fields: fields.collect() });
                }
                _ => self.problems.add(format_args!("{written}: {wrong}")),
            }
        }
    }

    /// The entries of `table`, their names with `prefix` in front.
    fn entries(&mut self, table: DeTable<'_>, prefix: &str) -> Table {
        let mut entries = Table::new();
        for (key, node) in table {
            let name = format!("{prefix}{}", key.get_ref());
            let written = self.place(&name, key.span().start);
            match toml::Value::deserialize(node.into_deserializer()) {
                Ok(value) => drop(entries.insert(name, Entry { written, value: Value::Toml(value) })),
                Err(error) => self.problems.add(format_args!("{written}: {}", error.message())),
            }
        }
        entries
    }
}

/// The line, counted from 1, of the byte at `offset`.
fn line_of(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().iter().take(offset);
    before.filter(|byte| **byte == b'\n').count() + 1
}
