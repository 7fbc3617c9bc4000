//! A TLS stream over TCP, with an independent client on the other end.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod handshake;
mod support;
mod traffic;
