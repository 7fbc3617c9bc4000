//! Private database servers, each in a folder of its own.

mod mariadb;
#[path = "../../../registry/tests/support/server.rs"]
mod postgres;

pub(crate) use self::{mariadb::MariaDb, postgres::PostgresServer};
