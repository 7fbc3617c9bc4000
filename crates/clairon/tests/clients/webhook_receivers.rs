//! Receivers that verify webhooks with Pusher's libraries, and with the code in `docs/webhooks.md`.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod names;
mod network;
mod receiver;
mod sent;
mod served;
