//! The `clairon` binary.

fn main() {}
