//! Sending one delivery to its receiver. Knows nothing of where deliveries are kept and when they are sent.
//!
//! | file | what it holds |
//! |---|---|
//! | `failure`, `deadline` | why no answer came; the time of one request |
//! | `origin`, `request` | what a URL says of the connection; the request |
//! | `proxies`, `tunnel` | the proxies of the environment, `CONNECT` |
//! | `resolver`, `public_address`, `dial` | names, which addresses are public, TCP connections |
//! | `connector` | a new connection: address, proxy, TLS, HTTP |
//! | `socket`, `connection`, `pool` | a TCP connection, an HTTP connection, those that wait for the next request |
//! | `excerpt` | the body of an answer |
//! | `sender` | the way of one delivery through all of these |

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
mod sender;
mod socket;
mod tunnel;

pub use self::{
    failure::{SendFailure, Step},
    sender::Sender,
};
