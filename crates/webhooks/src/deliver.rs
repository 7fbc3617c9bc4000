//! From events in the store to requests.
//!
//! | file | what it holds |
//! |---|---|
//! | `node_name` | the name of this process for other nodes, by which they see that it has ended |
//! | `lease` | the lease of an endpoint, by the clocks of this process |
//! | `queue` | the pending events of an endpoint: which can be sent now, and which are held back |
//! | `backoff` | the pauses between attempts, and how many requests are on their way at once |
//! | `slots` | the requests that are on their way at the same time, for all endpoints |
//! | `request` | the request that carries a delivery, and what follows from its outcome |
//! | `notes` | outcomes on their way to the store |
//! | `courier` | the task of an endpoint |
//! | `deliveries` | the task that takes leases and has couriers |

mod backoff;
mod courier;
mod deliveries;
mod lease;
mod node_name;
mod notes;
mod queue;
mod request;
mod slots;

pub use self::deliveries::EndpointFigures;
pub(crate) use self::{
    deliveries::{Deliveries, run},
    node_name::NodeName,
    queue::Grouping,
    slots::Slots,
};
