//! Publishing to, listening to, watching and checking a running server from a shell.
//!
//! Each command blocks until it is done. Events and answers go to stdout, one line each; what happens to the connection
//! goes to stderr. Colours are for terminals, and `NO_COLOR` is respected.

mod encryption;
mod error;
mod health;
mod listen;
mod publish;
mod reach;
mod tail;
mod terminal;

pub use encryption::MasterKey;
pub use error::LiveError;
pub use health::{Question, run as health};
pub use listen::{ListenArgs, run as listen};
pub use publish::{PublishArgs, run as publish};
pub use tail::{TailArgs, run as tail};
