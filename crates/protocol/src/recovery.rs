//! Recovery: a subscription that continues after the last event that its client has got.
//!
//! This is an extension of the protocol. A server keeps the last events of a channel in a log and numbers them. A
//! client that asks for recovery gets the numbers, and states the last one when it subscribes again. A client that does
//! not ask gets the same bytes as from any other server.

mod answer;
mod request;
mod token;

pub use self::{
    answer::{Amendment, LossReason, RecoveryAnswer, RecoveryOutcome},
    request::{Recover, Resume},
    token::{Epoch, RecoveryKey, RecoveryToken},
};
#[cfg(test)]
pub(crate) use self::{request::SOCKETS, token::TOKEN_BYTES};
