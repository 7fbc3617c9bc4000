//! Behaviour of Postgres alone.

mod deadlocks;
