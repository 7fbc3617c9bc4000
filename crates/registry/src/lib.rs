//! The registry of apps, with their keys, secrets, switches and limits.
//!
//! The apps are in SQLite, Postgres, MySQL or MariaDB, behind one trait, [`AppRegistry`]. [`AppCache`] holds all of
//! them in memory, so no query runs per connection, request or message.

mod acme_store;
mod app;
mod app_row;
mod cache;
mod connection;
mod credential;
mod database_file;
mod database_url;
mod deadlock;
mod dialect;
mod engine;
mod error;
mod fields;
mod glob;
mod hex_text;
mod migrations;
mod mysql;
mod origins;
mod positional;
mod postgres;
mod queries;
mod recovery_store;
mod registry;
mod row;
mod row_fault;
mod secrets;
mod server_lock;
mod sql;
mod sqlite;
mod statistics;
mod webhook_store;
mod webhooks;
mod wrong_size;

pub use acme_store::{AcmeAccount, AcmeChallenge, AcmeRecord, AcmeState, AcmeStore, StoredCertificate};
pub use app::{App, NAME_BYTES, Switch};
pub use cache::{AppCache, AppChange};
pub use credential::{Credential, Credentials, KEYS};
pub use error::RegistryError;
pub use fields::{AppField, AppFields, FieldValue};
pub use hex_text::random as random_hex;
pub use origins::{AllowedOrigin, AllowedOrigins, InvalidOrigin, OriginFault};
pub use recovery_store::RecoveryStore;
pub use registry::{
    AppEdit, AppRegistry, Declared, KeyUse, Opening, Registry, Update, open, open_existing, open_for_server, within,
};
pub use row_fault::RowFault;
pub use secrets::HIDDEN_SECRET;
pub use statistics::{Statistics, StatisticsQuery, TotalStatistics};
pub use webhook_store::{
    AddedEvents, Announced, Attempt, AttemptOutcome, CHANNEL_PAGE, DeliveryAttempt, DeliveryId, Endpoint, Entry,
    EventCopy, Lease, LogQuery, LoggedAttempt, LoggedEvent, NewEvent, Observation, PENDING_PAGE, PendingEvent,
    Recorded, ReplayedDelivery, Replays, Retention, ShownAttempt, Subject, WebhookStore, WhichDeliveries,
};
pub use webhooks::{
    CHANNEL_GLOB_BYTES, CHANNEL_GLOBS, ChannelGlobs, HEADER_NAME_BYTES, HEADER_VALUE_BYTES, HEADERS, HeaderFault,
    HeaderPatch, InvalidWebhook, ShownWebhook, URL_BYTES, UrlFault, WEBHOOKS, Webhook, WebhookHeaders, WebhookId,
    WebhookKind, WebhookKinds, WebhookPatch, WebhookState, WebhookUrl, Webhooks,
};
pub use wrong_size::WrongSize;
