//! A private Postgres server.

#[path = "../../../registry/tests/support/server.rs"]
mod postgres;

pub(crate) use self::postgres::PostgresServer;
