//! The built binary, as a person or a process manager runs it.

mod app;
mod config;
mod place;
mod serve;
mod server;
