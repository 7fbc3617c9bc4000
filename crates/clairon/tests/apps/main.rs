//! Apps and their statistics: administration and databases.

mod admin_api;
mod apps_live;
mod database_files;
mod many_apps;
mod mysql;
mod slow_database;
mod statistics;
mod webhook_log;
