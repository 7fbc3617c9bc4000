//! The dashboard's files, which are embedded. The pages use the admin API.

mod assets;
#[cfg(test)]
pub(crate) mod messages;
#[cfg(test)]
mod reasons;
mod router;

pub(crate) use router::router;
