//! A Laravel `.env` file.

use std::{collections::BTreeMap, path::Path};

use clairon_laravel::EnvFile;

use super::{bounded_file, problem::Problems, remarks::Remarks};

/// The variables of the file at `path`. `${NAME}` may refer to variables of the process.
///
/// A problem names the line and does not show it, because it may contain a secret.
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
