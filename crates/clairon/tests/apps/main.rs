//! Apps and their statistics: how they are administered, and the databases that have them.

mod admin_api;
mod apps_live;
mod database_files;
mod many_apps;
mod mysql;
mod statistics;
