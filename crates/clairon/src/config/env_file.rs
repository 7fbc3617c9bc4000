//! A Laravel `.env` file.

use std::path::Path;

use clairon_laravel::parse_env_file;

use super::{bounded, problem::Problems};

/// The variables of the file at `path`, in its order. `${NAME}` stands for a variable of the process or, where that has
/// none, of the file.
///
/// A problem names the line and shows none of it, for it may hold a secret.
pub(super) fn read(path: &Path, problems: &mut Problems) -> Vec<(String, String)> {
    let name = path.display();
    let variables = match bounded::read(path) {
        Ok(bytes) => parse_env_file(&bytes).map_err(|problem| format!("{name}{problem}")),
        Err(error) => Err(format!("--env-file {name}: cannot read the file: {error}")),
    };
    variables.unwrap_or_else(|problem| {
        problems.add(format_args!("{problem}"));
        Vec::new()
    })
}
