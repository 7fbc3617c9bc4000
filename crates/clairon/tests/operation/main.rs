//! The operation of a server: addresses, signals, system limits, metrics, and hostile peers.

mod address_limits;
mod dashboard;
mod floods;
mod foreign_protocols;
mod hostile;
mod listening;
mod metrics;
mod open_files;
mod reload;
mod signals;
mod tls;
mod welcome;
