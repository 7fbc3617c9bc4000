//! The path from events in the store to requests.
//!
//! | file | what it holds |
//! |---|---|
//! | `node_name` | the name of a process in leases |
//! | `lease` | the lease of an endpoint, by the clocks of this process |
//! | `arrivals` | when the events that several nodes write can be put into their order |
//! | `news` | the new events of an endpoint, from the writer to its courier |
//! | `queue` | the pending events of an endpoint: which can be sent now, and which are held back |
//! | `backoff` | the pauses between attempts, and the number of concurrent requests |
//! | `slots` | the requests that are on their way at the same time, for all endpoints |
//! | `request` | the request of a delivery, and the verdict on its outcome |
//! | `failure_log` | the log of an endpoint that fails |
//! | `notes` | the outcomes that are not stored yet |
//! | `courier` | the task of an endpoint |
//! | `deliveries` | the task that takes leases and runs couriers |

mod arrivals;
mod backoff;
mod courier;
mod deliveries;
mod failure_log;
mod lease;
mod news;
mod node_name;
mod notes;
mod queue;
mod request;
mod slots;
#[cfg(test)]
mod tests;

pub use self::deliveries::EndpointFigures;
pub(crate) use self::{
    arrivals::{CATCH_UP, HORIZON},
    deliveries::{Deliveries, run},
    node_name::NodeName,
    queue::Grouping,
    slots::Slots,
};
