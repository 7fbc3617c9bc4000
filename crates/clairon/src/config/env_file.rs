//! A Laravel `.env` file.

use std::path::Path;

use clairon_laravel::{InvalidLine, parse_env_file};

use super::problem::Problems;

/// The variables of the file at `path`, in its order. `${NAME}` stands for a variable of the process or, where that has
/// none, of the file.
///
/// A problem names the line and shows none of it, for it may hold a secret.
pub(super) fn read(path: &Path, problems: &mut Problems) -> Vec<(String, String)> {
    let name = path.display();
    match std::fs::read(path) {
        Ok(bytes) => parse_env_file(&bytes).unwrap_or_else(|InvalidLine(line)| {
            problems.add(format_args!(
                "{name}:{line}: not a NAME=VALUE line: put a value with spaces, quotes, # or $ in 'single quotes'"
            ));
            Vec::new()
        }),
        Err(error) => {
            problems.add(format_args!("--env-file {name}: cannot read the file: {error}"));
            Vec::new()
        }
    }
}
