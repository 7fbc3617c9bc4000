//! What only Postgres has.

mod deadlocks;
