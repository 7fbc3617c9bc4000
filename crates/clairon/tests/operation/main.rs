//! The server as its operator runs it: addresses, signals, limits of the system, metrics, and hostile peers.

mod foreign_protocols;
mod hostile;
mod listening;
mod metrics;
mod open_files;
mod signals;
mod welcome;
