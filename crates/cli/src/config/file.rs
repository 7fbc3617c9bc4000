//! A settings file.

use std::{borrow::Cow, collections::BTreeSet, io, path::Path};

use serde::{Deserialize, de::IntoDeserializer};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    DEFAULTS,
    app::Declaration,
    bounded_file,
    fields::{Entry, Table, Value},
    problem::{Problems, unknown},
    webhooks::WebhookDeclaration,
};

/// The content of a settings file.
#[derive(Default)]
pub(super) struct File {
    /// By `section.key`.
    pub(super) settings: Table,
    /// One for each `[[apps]]` table.
    pub(super) apps: Vec<Declaration>,
}

type Node<'a> = Spanned<DeValue<'a>>;

impl File {
    /// The embedded defaults, which define all settings.
    pub(super) fn defaults(problems: &mut Problems) -> Self {
        Reader { text: DEFAULTS, lines: Lines::of(DEFAULTS), place: None, file: Self::default(), problems }.read()
    }

    /// Reads the file at `path`. `sections` are the known sections.
    pub(super) fn read(path: &Path, sections: &BTreeSet<&str>, problems: &mut Problems) -> Self {
        let read = bounded_file::read(path).and_then(|bytes| String::from_utf8(bytes).map_err(io::Error::other));
        match read {
            Ok(text) => {
                let place = Some(Place { path: &path.display().to_string(), sections });
                Reader { text: &text, lines: Lines::of(&text), place, file: Self::default(), problems }.read()
            }
            Err(error) => {
                problems.add(format_args!("--config {}: cannot read the file: {error}", path.display()));
                Self::default()
            }
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    lines: Lines,
    /// `None` for the defaults.
    place: Option<Place<'a>>,
    file: File,
    problems: &'a mut Problems,
}

#[derive(Clone, Copy)]
struct Place<'a> {
    path: &'a str,
    sections: &'a BTreeSet<&'a str>,
}

impl Reader<'_> {
    fn read(mut self) -> File {
        match DeTable::parse(self.text) {
            Ok(document) => document.into_inner().into_iter().for_each(|(name, node)| self.section(&name, node)),
            Err(error) => {
                let path = self.place.map_or("default", |place| place.path);
                let line = self.lines.at(error.span().map_or(0, |span| span.start));
                self.problems.add(format_args!("{path}:{line}: not valid TOML: {}", error.message()));
            }
        }
        self.file
    }

    /// `name` with its position.
    fn written(&self, name: &str, offset: usize) -> String {
        match self.place {
            Some(Place { path, .. }) => format!("{name} ({path}:{})", self.lines.at(offset)),
            None => format!("{name} (default)"),
        }
    }

    fn section(&mut self, name: &Spanned<Cow<'_, str>>, node: Node<'_>) {
        let section = name.get_ref().as_ref();
        let written = self.written(section, name.span().start);
        if section == "apps" {
            return self.apps(&written, node);
        }
        if let Some(place) = self.place.filter(|place| !place.sections.contains(section)) {
            let names = place.sections.iter().copied().chain(["apps"]).collect::<Vec<_>>();
            return self.problems.add(unknown(&written, section, &names));
        }
        let kind = node.get_ref().type_str();
        let DeValue::Table(table) = node.into_inner() else {
            return self.problems.add(format_args!("{written} is of type {kind}: allowed is [{section}]"));
        };
        let entries = self.entries(table, &format!("{section}."));
        self.file.settings.extend(entries);
    }

    fn apps(&mut self, written: &str, node: Node<'_>) {
        let wrong = "allowed are [[apps]] tables";
        let DeValue::Array(apps) = node.into_inner() else {
            return self.problems.add(format_args!("{written}: {wrong}"));
        };
        for app in apps {
            let written = self.written("[[apps]]", app.span().start);
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

    /// The tables of an array.
    fn webhooks(&mut self, node: Node<'_>) -> Vec<WebhookDeclaration> {
        let DeValue::Array(tables) = node.into_inner() else { return Vec::new() };
        let mut declarations = Vec::new();
        for table in tables {
            let written = self.written("[[apps.webhooks]]", table.span().start);
            let DeValue::Table(table) = table.into_inner() else { continue };
            let fields = self.entries(table, "apps.webhooks.");
            let fields = fields.into_iter().map(|(name, entry)| (name["apps.webhooks.".len()..].to_owned(), entry));
            declarations.push(WebhookDeclaration::Written { written, fields: fields.collect() });
        }
        declarations
    }

    /// The entries of `table`. `prefix` is prepended to their names.
    fn entries(&mut self, table: DeTable<'_>, prefix: &str) -> Table {
        let mut entries = Table::new();
        for (key, node) in table {
            let name = format!("{prefix}{}", key.get_ref());
            let written = self.written(&name, key.span().start);
            if name == "apps.webhooks" && is_of_tables(&node) {
                let value = Value::Webhooks(self.webhooks(node));
                entries.insert(name, Entry { written, value });
                continue;
            }
            match toml::Value::deserialize(node.into_deserializer()) {
                Ok(value) => drop(entries.insert(name, Entry { written, value: Value::Toml(value) })),
                Err(_) => self.problems.add(format_args!("{written} is too large: allowed are numbers of 64 bits")),
            }
        }
        entries
    }
}

/// True for an array of at least one table.
fn is_of_tables(node: &Node<'_>) -> bool {
    let is_table = |node: &Node<'_>| matches!(node.get_ref(), DeValue::Table(_));
    matches!(node.get_ref(), DeValue::Array(items) if !items.is_empty() && items.iter().all(is_table))
}

/// The ends of the lines of a text. They are found once, because a file may declare thousands of apps, and each field
/// has a line number.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(text.match_indices('\n').map(|(end, _)| end).collect())
    }

    /// The line of the byte at `offset`, counted from 1.
    fn at(&self, offset: usize) -> usize {
        self.0.partition_point(|end| *end < offset) + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_has_its_line() {
        let text = "a\n\nb\r\n\nc";
        let lines = Lines::of(text);
        for offset in 0..=text.len() {
            assert_eq!(lines.at(offset), text[..offset].matches('\n').count() + 1, "{offset}");
        }
    }
}
