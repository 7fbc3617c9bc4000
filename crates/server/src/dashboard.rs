//! The dashboard's files, which are embedded. The pages use the admin API.

mod assets;
#[cfg(test)]
mod reasons;
mod router;
#[cfg(test)]
mod translations;

pub(crate) use router::router;
