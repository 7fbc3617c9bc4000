//! A Laravel `.env` file, read by the rules of vlucas/phpdotenv 5, the library that Laravel uses. `lines` joins lines
//! to entries, `entry` splits an entry into name and value, and `value` parses the value. `load` replaces each
//! `${NAME}` when it sets the variables, because a later line may change the value of `NAME`.

mod entry;
mod lines;
mod quote;
mod value;

use std::collections::{BTreeMap, HashMap};

use self::entry::Entry;

pub use self::{entry::EntryError, lines::LostLines, quote::quote};

/// The limit for all values together, in characters. A file stays below it, but nested `${NAME}` could multiply a
/// value.
const MAX_CHARS: usize = 4 << 20;

/// The entries of a file. The type has no `Debug`, because values may be secrets.
pub struct EnvFile {
    entries: Vec<Entry>,
    lost: Vec<LostLines>,
}

/// Why a file is not used. The messages follow the file's name, and show nothing of its content, which may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEnvFile {
    /// Laravel refuses a line too.
    #[error(":{line}: {error}")]
    Line {
        /// The line, from 1; the first of an entry of several lines.
        line: usize,
        /// The reason.
        error: EntryError,
    },
    /// The values are too long. Laravel itself has no such limit.
    #[error(":{line}: the values have more than {MAX_CHARS} characters once each `${{…}}` is replaced")]
    Size {
        /// The line, from 1, that exceeds the limit.
        line: usize,
    },
}

impl EnvFile {
    /// Parses a file. Bytes that are not UTF-8 become `?`, as in PHP.
    ///
    /// # Errors
    /// When Laravel refuses a line. It then uses no line of the file.
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidEnvFile> {
        let text = utf8(bytes);
        let (raw, lost) = lines::join(text.strip_prefix('\u{feff}').unwrap_or(&text));
        let entries =
            raw.iter().map(|raw| Entry::parse(raw).map_err(|error| InvalidEnvFile::Line { line: raw.line, error }));
        Ok(Self { entries: entries.collect::<Result<_, _>>()?, lost })
    }

    /// Lines that Laravel ignores without an error, although they look valid.
    #[must_use]
    pub fn lost(&self) -> &[LostLines] {
        &self.lost
    }

    /// The variables that the file sets. `${NAME}` becomes the variable of `process`, or else the one that the file has
    /// set before; otherwise it stays. The result also has variables that `process` has, with the file's values. The
    /// caller gives the values of the process precedence.
    ///
    /// # Errors
    /// When the values are too long.
    pub fn load(&self, process: &HashMap<String, String>) -> Result<BTreeMap<String, String>, InvalidEnvFile> {
        let mut loaded = BTreeMap::<String, String>::new();
        let mut left = MAX_CHARS;
        for Entry { line, name, value } in &self.entries {
            // A name without `=` removes the variable that the file has set.
            let Some(value) = value else {
                loaded.remove(name);
                continue;
            };
            let get = |name: &str| process.get(name).or_else(|| loaded.get(name)).map(String::as_str);
            let text = value.resolve(get, left).ok_or(InvalidEnvFile::Size { line: *line })?;
            left -= text.chars().count();
            loaded.insert(name.clone(), text);
        }
        Ok(loaded)
    }
}

fn utf8(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            text.push('?');
        }
    }
    text
}
