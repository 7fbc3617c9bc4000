//! Lists the files of the dashboard, which are embedded in the server. `make dashboard` builds them from their sources.

use std::{
    env,
    fmt::Write,
    fs,
    io::{self, Error},
    path::{Path, PathBuf},
};

/// The folder of the built files, below this crate.
const BUILT: &str = "dashboard/dist";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed={BUILT}");
    let folder = Path::new(&env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join(BUILT);
    let mut paths = Vec::new();
    list(&folder, &mut paths).map_err(|error| Error::other(format!("{}: {error}", folder.display())))?;
    paths.sort();
    let mut table = String::from("&[\n");
    for path in &paths {
        let name = path.strip_prefix(&folder).map_err(Error::other)?;
        let (name, path) = (name.to_string_lossy(), path.to_string_lossy());
        writeln!(table, "    ({name:?}, include_bytes!({path:?})),").map_err(Error::other)?;
    }
    table.push_str("]\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(out.join("dashboard_files.rs"), table)
}

/// Adds all files below a folder.
fn list(folder: &Path, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            list(&entry.path(), paths)?;
        } else {
            paths.push(entry.path());
        }
    }
    Ok(())
}
