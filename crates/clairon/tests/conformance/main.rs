//! The protocol for clients and backends, tested over raw sockets.

mod app_limits;
mod autobahn;
mod cache;
mod client_events;
mod compression;
mod connection;
mod frames;
mod heartbeat;
mod http_auth;
mod http_encodings;
mod http_events;
mod http_queries;
mod http_transport;
mod isolation;
mod message_limits;
mod pace;
mod presence;
mod recovery;
mod refusals;
mod slow_readers;
mod subscriptions;
mod totals;
mod users;
