//! Sending a delivery to its receiver. This module does not depend on the storage and the scheduling of deliveries.
//!
//! | file | content |
//! |---|---|
//! | `failure`, `deadline` | the reason why there was no answer; the time limit of a request |
//! | `origin`, `request` | the connection's part of a URL; the request |
//! | `proxies`, `tunnel` | the proxies of the environment, `CONNECT` |
//! | `resolver`, `public_address`, `dial` | name look-ups, the test for public addresses, TCP connections |
//! | `connector` | a new connection: address, proxy, TLS, HTTP |
//! | `socket`, `stream` | a TCP connection, TLS or not over it |
//! | `connection`, `pool` | an HTTP connection, the idle connections |
//! | `excerpt`, `secrets` | the body of an answer; what of the request it must not show |
//! | `sender` | the steps of one delivery through all of these |

mod connection;
mod connector;
mod deadline;
mod dial;
mod excerpt;
mod failure;
mod origin;
mod pool;
mod proxies;
mod public_address;
mod request;
mod resolver;
mod secrets;
mod sender;
mod socket;
mod stream;
mod tunnel;

pub use self::{
    failure::{SendFailure, Step},
    sender::Sender,
};
