//! Client libraries of Pusher, and receivers of webhooks, each in the language it is written for.

mod libraries;
mod webhook_receivers;
