//! Rebuilds when a migration is added. The macro that embeds migrations tracks only the files of the previous build.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations");
}
