//! Clients, from the upgrade of their request to the close of their connection.

mod admission;
mod client_event;
mod closings;
mod connection;
mod inspection;
mod libraries;
mod session;
mod sign_in;
mod subscribe;
mod upgrade;

pub(crate) use closings::Closings;
pub use inspection::{ConnectionState, Inspections, SeatState};
pub(crate) use libraries::Libraries;
pub(crate) use session::{AdmittedClient, run};
pub(crate) use upgrade::{Upgrade, is_upgrade, upgrade};
