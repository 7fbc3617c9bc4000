//! The addresses on which the server listens.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod families;
mod forwarded_headers;
mod passed_sockets;
mod proxy_headers;
mod unix_sockets;
