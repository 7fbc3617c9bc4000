//! Pusher's client libraries, and receivers of webhooks, in their own languages.

mod dashboard;
mod libraries;
mod webhook_receivers;
