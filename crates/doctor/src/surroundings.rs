//! The surroundings of the command: folder, variables, container.

use std::{env, fs, path::Path, path::PathBuf};

use clairon_laravel::process_variables;

use crate::{DoctorArgs, DoctorError, args::Container};

#[derive(Debug)]
pub(crate) struct Surroundings {
    pub(crate) folder: PathBuf,
    /// The variables of the process whose values are UTF-8.
    pub(crate) variables: Vec<(String, String)>,
    pub(crate) in_container: bool,
}

impl Surroundings {
    pub(crate) fn look(arguments: &DoctorArgs) -> Result<Self, DoctorError> {
        if let Some(file) = arguments.env_file.as_deref().filter(|file| !file.is_file()) {
            return Err(DoctorError::Argument(format!("--env-file: {} is not a file", file.display())));
        }
        Ok(Self {
            folder: env::current_dir().map_err(DoctorError::Folder)?,
            variables: process_variables().collect(),
            in_container: match arguments.container {
                Container::Auto => is_container(Path::new("/")),
                Container::Yes => true,
                Container::No => false,
            },
        })
    }
}

/// True if the file system at `root` belongs to a container. Docker and Podman leave a file; other engines appear in
/// the control groups of the first process.
fn is_container(root: &Path) -> bool {
    let names_an_engine =
        |groups: String| ["docker", "kubepods", "containerd", "lxc", "libpod"].iter().any(|name| groups.contains(name));
    root.join(".dockerenv").exists()
        || root.join("run/.containerenv").exists()
        || fs::read_to_string(root.join("proc/1/cgroup")).is_ok_and(names_an_engine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_leave_marks() {
        let marks = [(".dockerenv", ""), ("run/.containerenv", ""), ("proc/1/cgroup", "0::/kubepods/x\n")];
        for (file, content) in marks {
            let root = tempfile::tempdir().unwrap();
            assert!(!is_container(root.path()));
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
            assert!(is_container(root.path()), "{file}");
        }
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("proc/1")).unwrap();
        fs::write(root.path().join("proc/1/cgroup"), "0::/init.scope\n").unwrap();
        assert!(!is_container(root.path()));
    }
}
