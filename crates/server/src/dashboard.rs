//! The dashboard's files, which are embedded. The pages use the admin API.

mod assets;
mod router;

pub(crate) use router::router;
