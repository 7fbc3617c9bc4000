//! Builds again when a migration is added: the macro that embeds them sees only the files that it found last time.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations");
}
