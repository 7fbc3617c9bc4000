//! A Laravel `.env` file, read by the rules of vlucas/phpdotenv 5, with which Laravel reads it.
//!
//! Lines are joined to entries (`lines`), an entry is taken apart (`entry`), its value goes through a state machine
//! (`value`), and `${NAME}` is replaced when the variables are set (`load`), because a later line may change what it
//! is.

mod entry;
mod lines;
mod quote;
mod value;

use std::collections::{BTreeMap, HashMap};

use self::entry::Entry;

pub use self::{entry::EntryError, lines::LostLines, quote::quote};

/// The most characters that all values may have. A file cannot have more, but `${NAME}` of `${NAME}` of `${NAME}`
/// could.
const MAX_CHARS: usize = 4 << 20;

/// The entries of a file. It has no `Debug`: they may be secrets.
pub struct EnvFile {
    entries: Vec<Entry>,
    lost: Vec<LostLines>,
}

/// Why a file is not used; in words to be put behind its name. They show nothing of it, for that may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEnvFile {
    /// A line with which Laravel does not start either.
    #[error(":{line}: {error}")]
    Line {
        /// The line, from 1; of an entry over many lines the first.
        line: usize,
        /// What is wrong with it.
        error: EntryError,
    },
    /// Values that are longer than those of any such file. Laravel has no such limit.
    #[error(":{line}: with what `${{…}}` stands for, the values have more than {MAX_CHARS} characters, the limit")]
    Size {
        /// The line, from 1, that goes over the limit.
        line: usize,
    },
}

impl EnvFile {
    /// Reads a file. Bytes that are no UTF-8 become `?`, as in PHP.
    ///
    /// # Errors
    /// When Laravel refuses a line. Then no line of the file counts.
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidEnvFile> {
        let text = utf8(bytes);
        let (raw, lost) = lines::join(text.strip_prefix('\u{feff}').unwrap_or(&text));
        let entries =
            raw.iter().map(|raw| Entry::parse(raw).map_err(|error| InvalidEnvFile::Line { line: raw.line, error }));
        Ok(Self { entries: entries.collect::<Result<_, _>>()?, lost })
    }

    /// Lines that Laravel passes over without a word, though they do not look like it.
    #[must_use]
    pub fn lost(&self) -> &[LostLines] {
        &self.lost
    }

    /// The variables that the file sets, in a process with these. `${NAME}` is a variable of the process, or else one
    /// that the file has set before, or else stays as it is. Variables that the process has are among them too, with
    /// the file's values: it is for the caller to let those of the process win.
    ///
    /// # Errors
    /// When the values are too long.
    pub fn load(&self, process: &HashMap<String, String>) -> Result<BTreeMap<String, String>, InvalidEnvFile> {
        let mut loaded = BTreeMap::<String, String>::new();
        let mut left = MAX_CHARS;
        for Entry { line, name, value } in &self.entries {
            // A name alone takes back what the file has set.
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
