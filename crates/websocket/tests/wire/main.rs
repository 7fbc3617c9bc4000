//! The crate against the bytes of RFC 6455 and an independent implementation of it.

#![expect(clippy::expect_used, reason = "a helper of a test fails the test")]

mod agreement;
mod client;
mod decode;
mod frames;
mod reference;
mod socket;
