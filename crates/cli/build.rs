//! Passes the commit and the kind of build to the compiler, for `clairon --version`.

use std::{env, fs, path::Path, process::Command};

/// The file that `git archive` fills with the commit, so an archive of the sources names it without git.
const ARCHIVED: &str = "../../packaging/commit.txt";

fn main() {
    println!("cargo::rerun-if-env-changed=CLAIRON_COMMIT");
    println!("cargo::rerun-if-changed={ARCHIVED}");
    let given = env::var("CLAIRON_COMMIT").ok().filter(|commit| !commit.is_empty());
    let commit = given.or_else(archived).or_else(checked_out).unwrap_or_else(|| "unknown".to_owned());
    println!("cargo::rustc-env=CLAIRON_COMMIT={commit}");
    for (name, from) in [("CLAIRON_PROFILE", "PROFILE"), ("CLAIRON_TARGET", "TARGET")] {
        println!("cargo::rustc-env={name}={}", env::var(from).unwrap_or_default());
    }
}

fn archived() -> Option<String> {
    let text = fs::read_to_string(ARCHIVED).ok()?;
    (!text.starts_with("$Format")).then(|| text.trim().to_owned())
}

/// The commit of the repository around these sources, unless they lie inside of another project's.
fn checked_out() -> Option<String> {
    let inside = git(&["rev-parse", "--show-prefix"])?;
    if inside != "crates/cli/" {
        return None;
    }
    // It grows with every commit and every checkout.
    let log = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
    if Path::new(&log).exists() {
        println!("cargo::rerun-if-changed={log}");
    }
    git(&["log", "-1", "--abbrev=12", "--format=%h of %cs"])
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
