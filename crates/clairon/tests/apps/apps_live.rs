//! Apps that the command line changes while a server serves them, with every database.

mod declared;
mod keys;
mod limits;
mod site;
mod switches;

use site::{MySql, Postgres, Site, SqliteFile};

/// Defines each test once for each database.
macro_rules! with_every_database {
    ($($test:path as $name:ident)*) => {
        mod sqlite {
            use super::*;
            $(#[test] fn $name() { $test(&Site::start(SqliteFile::new())); })*
        }
        mod postgres_server {
            use super::*;
            $(#[test] fn $name() { $test(&Site::start(Postgres::new())); })*
        }
        mod mysql_server {
            use super::*;
            $(#[test] fn $name() { $test(&Site::start(MySql::new())); })*
        }
    };
}

with_every_database! {
    switches::off_on_and_gone as off_on_and_gone
    limits::what_is_new_is_bound_by_a_lower_limit as what_is_new_is_bound_by_a_lower_limit
    limits::longer_messages_are_taken_from_open_connections as longer_messages_are_taken_from_open_connections
    limits::capacity_ends_nobody as capacity_ends_nobody
    keys::both_keys_serve_for_everything_until_one_is_retired as both_keys_serve_for_everything_until_one_is_retired
}
