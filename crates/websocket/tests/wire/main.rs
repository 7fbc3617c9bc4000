//! Tests of the crate with the bytes in RFC 6455 and with an independent implementation.

#![expect(clippy::expect_used, reason = "a helper of a test fails the test")]

mod agreement;
mod client;
mod decode;
mod deflate;
mod frames;
mod reference;
mod socket;
