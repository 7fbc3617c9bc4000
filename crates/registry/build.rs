//! Writes the table of migrations that `src/migrations.rs` includes. sqlx has a macro for it, with which every build
//! compiles sqlx and SQLite a second time, for the compiler.

use std::{env, fmt::Write, fs, io, path::Path};

const MIGRATIONS: &str = "../../migrations";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed={MIGRATIONS}");
    let mut table = String::new();
    for engine in ["sqlite", "postgres", "mysql"] {
        let _ = write!(table, "pub(crate) const {}: Files = &[", engine.to_uppercase());
        for entry in fs::read_dir(Path::new(MIGRATIONS).join(engine))? {
            table.extend(row(&fs::canonicalize(entry?.path())?));
        }
        table.push_str("];\n");
    }
    let folder = env::var_os("OUT_DIR").unwrap_or_default();
    fs::write(Path::new(&folder).join("migrations.rs"), table)
}

/// The version, name and SQL of a file `VERSION_NAME.sql`. Other files are no migrations.
fn row(path: &Path) -> Option<String> {
    let (version, name) = path.file_stem()?.to_str()?.split_once('_')?;
    Some(format!("({}, {name:?}, include_str!({:?})),", version.parse::<i64>().ok()?, path.to_str()?))
}
