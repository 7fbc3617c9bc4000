//! The memory allocator of the program, for a binary that links this crate.
//!
//! It is a crate of its own because each allocation passes through this code, and a release build does not optimize the
//! crate of the binary.

/// Among the measured allocators, jemalloc wastes the least memory with many connections.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;
