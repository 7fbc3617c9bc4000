//! An app as its rows have it: one for each of its keys.

use std::num::NonZeroU32;

use clairon_protocol::{AppId, AppKey, Limits, Secret};
use jiff::Timestamp;
use sqlx::FromRow;

use crate::{
    app::App,
    credential::{Credential, Credentials},
    engine::Value,
    error::RegistryError,
    limits::{check_range, limit},
    origins::AllowedOrigins,
};

/// The columns of `apps` and one of its keys, in the types that both engines can bind and read.
#[derive(FromRow)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column")]
pub(crate) struct AppRow {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) enabled: bool,
    pub(crate) allowed_origins: String,
    pub(crate) client_messages: bool,
    pub(crate) statistics: bool,
    pub(crate) user_authentication: bool,
    pub(crate) authorized_connections: bool,
    pub(crate) watchlist: bool,
    pub(crate) subscription_counts: bool,
    pub(crate) capacity: Option<i64>,
    #[sqlx(flatten)]
    pub(crate) limits: LimitsRow,
    #[sqlx(flatten)]
    pub(crate) key: KeyRow,
}

/// The columns of `app_keys`. All are NULL for an app without a key.
#[derive(FromRow)]
pub(crate) struct KeyRow {
    pub(crate) key: Option<String>,
    pub(crate) secret: Option<String>,
    pub(crate) created_at: Option<i64>,
    pub(crate) last_used_at: Option<i64>,
}

/// The columns of an app's limits.
#[derive(FromRow)]
pub(crate) struct LimitsRow {
    pub(crate) channel_name_bytes: i64,
    pub(crate) event_name_chars: i64,
    pub(crate) event_data_bytes: i64,
    pub(crate) channels_per_event: i64,
    pub(crate) events_per_batch: i64,
    pub(crate) presence_members: i64,
    pub(crate) user_id_chars: i64,
    pub(crate) user_info_bytes: i64,
    pub(crate) watchlist_users: i64,
    pub(crate) client_events_per_second: i64,
    pub(crate) subscriptions_per_connection: i64,
    pub(crate) cache_ttl_seconds: i64,
}

/// The app of these rows, which begin with its newest key.
///
/// # Errors
/// [`RegistryError::BadRow`], with the first column that is wrong.
pub(crate) fn into_app(mut rows: Vec<AppRow>) -> Result<App, RegistryError> {
    let keys: Vec<_> = rows.iter_mut().map(|row| row.key.take()).collect();
    let row = rows.into_iter().next().ok_or(sqlx::Error::RowNotFound)?;
    let id = AppId::parse(&row.id).map_err(|error| bad_row(None, format!("id: {error}")))?;
    row.parse(id.clone(), &keys).map_err(|error| bad_row(Some(id), error))
}

impl AppRow {
    fn parse(self, id: AppId, keys: &[KeyRow]) -> Result<App, String> {
        let credentials = keys.iter().filter_map(KeyRow::parse).collect::<Result<Vec<_>, _>>()?;
        let app = App {
            id,
            name: self.name,
            credentials: Credentials::from_newest_first(credentials).ok_or("it has no key")?,
            enabled: self.enabled,
            allowed_origins: parse_origins(&self.allowed_origins)?,
            client_messages: self.client_messages,
            statistics: self.statistics,
            user_authentication: self.user_authentication,
            authorized_connections: self.authorized_connections,
            watchlist: self.watchlist,
            subscription_counts: self.subscription_counts,
            capacity: parse_capacity(self.capacity).map_err(|error| error.to_string())?,
            limits: self.limits.parse().map_err(|error| error.to_string())?,
        };
        app.validate().map_err(|error| error.to_string())?;
        Ok(app)
    }
}

impl KeyRow {
    fn take(&mut self) -> Self {
        Self {
            key: self.key.take(),
            secret: self.secret.take(),
            created_at: self.created_at,
            last_used_at: self.last_used_at,
        }
    }

    /// `None`: there is no key in this row.
    fn parse(&self) -> Option<Result<Credential, String>> {
        let (key, secret) = (self.key.as_deref()?, self.secret.as_deref()?);
        Some(parse_key(key, secret, self.created_at?, self.last_used_at))
    }
}

fn parse_key(key: &str, secret: &str, created_at: i64, last_used_at: Option<i64>) -> Result<Credential, String> {
    let time = |column, seconds| Timestamp::from_second(seconds).map_err(|error| format!("{column}: {error}"));
    Ok(Credential {
        key: AppKey::parse(key).map_err(|error| format!("key: {error}"))?,
        secret: Secret::parse(secret).map_err(|error| format!("secret: {error}"))?,
        created_at: time("created_at", created_at)?,
        last_used_at: last_used_at.map(|seconds| time("last_used_at", seconds)).transpose()?,
    })
}

impl LimitsRow {
    fn parse(&self) -> Result<Limits, RegistryError> {
        Ok(Limits {
            channel_name_bytes: limit("channel_name_bytes", self.channel_name_bytes)?,
            event_name_chars: limit("event_name_chars", self.event_name_chars)?,
            event_data_bytes: limit("event_data_bytes", self.event_data_bytes)?,
            channels_per_event: limit("channels_per_event", self.channels_per_event)?,
            events_per_batch: limit("events_per_batch", self.events_per_batch)?,
            presence_members: limit("presence_members", self.presence_members)?,
            user_id_chars: limit("user_id_chars", self.user_id_chars)?,
            user_info_bytes: limit("user_info_bytes", self.user_info_bytes)?,
            watchlist_users: limit("watchlist_users", self.watchlist_users)?,
            client_events_per_second: limit("client_events_per_second", self.client_events_per_second)?,
            subscriptions_per_connection: limit("subscriptions_per_connection", self.subscriptions_per_connection)?,
            cache_ttl_seconds: limit("cache_ttl_seconds", self.cache_ttl_seconds)?,
        })
    }
}

/// The values of an app in the order of the columns in [`queries`](crate::queries).
pub(crate) fn values<'a>(app: &'a App, origins: &'a str) -> [Value<'a>; 23] {
    let limits = &app.limits;
    [
        Value::Text(app.id.as_str()),
        Value::Text(&app.name),
        Value::Flag(app.enabled),
        Value::Text(origins),
        Value::Flag(app.client_messages),
        Value::Flag(app.statistics),
        Value::Flag(app.user_authentication),
        Value::Flag(app.authorized_connections),
        Value::Flag(app.watchlist),
        Value::Flag(app.subscription_counts),
        Value::Number(app.capacity.map(|connections| connections.get().into())),
        Value::limit(limits.channel_name_bytes),
        Value::limit(limits.event_name_chars),
        Value::limit(limits.event_data_bytes),
        Value::limit(limits.channels_per_event),
        Value::limit(limits.events_per_batch),
        Value::limit(limits.presence_members),
        Value::limit(limits.user_id_chars),
        Value::limit(limits.user_info_bytes),
        Value::limit(limits.watchlist_users),
        Value::limit(limits.client_events_per_second),
        Value::limit(limits.subscriptions_per_connection),
        Value::limit(limits.cache_ttl_seconds),
    ]
}

/// The values of a key in the order of the columns in [`queries`](crate::queries).
pub(crate) fn key_values<'a>(app: &'a App, credential: &'a Credential, position: i64) -> [Value<'a>; 6] {
    [
        Value::Text(credential.key.as_str()),
        Value::Text(credential.secret.expose()),
        Value::Text(app.id.as_str()),
        Value::Number(Some(position)),
        Value::Number(Some(credential.created_at.as_second())),
        Value::Number(credential.last_used_at.map(Timestamp::as_second)),
    ]
}

/// The column `allowed_origins` of an app.
pub(crate) fn encode_origins(app: &App) -> String {
    serde_json::Value::from(Vec::from(app.allowed_origins.clone())).to_string()
}

fn parse_origins(json: &str) -> Result<AllowedOrigins, String> {
    let entries: Vec<String> = serde_json::from_str(json)
        .map_err(|error| format!("allowed_origins ({} bytes) is not a JSON array of strings: {error}", json.len()))?;
    AllowedOrigins::parse(&entries).map_err(|error| error.to_string())
}

fn parse_capacity(connections: Option<i64>) -> Result<Option<NonZeroU32>, RegistryError> {
    Ok(match connections {
        Some(connections) => NonZeroU32::new(check_range("capacity", connections, u32::MAX)?),
        None => None,
    })
}

/// The error for a row of which not even the columns can be read: it has a type or an encoding that no app has.
pub(crate) fn unreadable(id: Option<&str>, error: sqlx::Error) -> RegistryError {
    match error {
        sqlx::Error::ColumnDecode { index, source } => {
            let id = id.and_then(|id| AppId::parse(id).ok());
            bad_row(id, format!("{}: {source}", index.trim_matches('"')))
        }
        error => error.into(),
    }
}

fn bad_row(app: Option<AppId>, problem: String) -> RegistryError {
    RegistryError::BadRow { app, problem }
}
