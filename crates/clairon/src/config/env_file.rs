//! A Laravel `.env` file.

use std::{collections::BTreeMap, path::Path};

use clairon_laravel::EnvFile;

use super::{bounded_file, problem::Problems, remarks::Remarks};

/// The variables of the file at `path` in a process with these, of which `${NAME}` may be one.
///
/// A problem names the line and shows none of it, for it may hold a secret.
pub(super) fn read(
    path: &Path,
    process: &[(String, String)],
    remarks: &mut Remarks,
    problems: &mut Problems,
) -> BTreeMap<String, String> {
    let name = path.display();
    let variables = match bounded_file::read(path) {
        Ok(bytes) => EnvFile::parse(&bytes).and_then(|file| {
            for lost in file.lost() {
                remarks.warn(format_args!("{name}{lost}"));
            }
            file.load(&process.iter().cloned().collect())
        }),
        Err(error) => {
            problems.add(format_args!("--env-file {name}: cannot read the file: {error}"));
            return BTreeMap::new();
        }
    };
    variables.unwrap_or_else(|problem| {
        problems.add(format_args!("{name}{problem}"));
        BTreeMap::new()
    })
}
