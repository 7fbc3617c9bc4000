//! The `clairon` binary: the command line, with its memory allocator.
//!
//! It is no more than this, so that a build ends with a link: all other crates are compiled before or beside each
//! other.

use std::process::ExitCode;

/// Among the measured allocators, jemalloc wastes the least memory with many connections.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    clairon_cli::main()
}
