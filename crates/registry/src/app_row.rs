//! The rows of an app: one for each of its keys.

use std::iter;

use clairon_protocol::{AppId, AppKey, Limit, Secret, error::InvalidId};
use jiff::Timestamp;

use crate::{
    app::App,
    credential::{Credential, Credentials},
    engine::SqlValue,
    error::RegistryError,
    fields::{AppField, FieldValue},
    origins::AllowedOrigins,
    row::Row,
    row_fault::RowFault,
    webhooks::Webhooks,
};

/// Reads the rows of one app: one row for each of its keys.
pub(crate) fn app(rows: &[Row]) -> Result<App, RegistryError> {
    let first = rows.first().ok_or(sqlx::Error::RowNotFound)?;
    let unreadable = |error| unreadable(first.text().ok().as_deref(), error);
    let app = AppRow::read(first).map_err(unreadable)?;
    let keys: Vec<_> = rows.iter().map(KeyRow::read).collect::<Result<_, _>>().map_err(unreadable)?;
    app.into_app(&keys)
}

/// The columns of `apps`, in types that all engines can bind and read.
struct AppRow {
    id: String,
    /// The fields of the table, or the first invalid one.
    fields: Result<Vec<FieldValue>, RowFault>,
    recovery_life: i64,
}

/// The columns of `app_keys`. All are NULL for an app without a key.
struct KeyRow {
    key: Option<String>,
    secret: Option<String>,
    created_at: Option<i64>,
    last_used_at: Option<i64>,
}

impl AppRow {
    fn read(row: &Row) -> Result<Self, sqlx::Error> {
        let read = |field: AppField| {
            let name = field.name();
            Ok(match field {
                AppField::Name => Ok(FieldValue::Name(row.get(name)?)),
                AppField::AllowedOrigins => parse_origins(&row.get::<String>(name)?).map(FieldValue::AllowedOrigins),
                AppField::Webhooks => Webhooks::decode(&row.get::<String>(name)?).map(FieldValue::Webhooks),
                AppField::Switch(switch) => Ok(FieldValue::Switch(switch, row.get(name)?)),
                AppField::Limit(limit) => parse_limit(limit, row.get(name)?),
            })
        };
        let fields = AppField::all().map(read).collect::<Result<Vec<_>, sqlx::Error>>()?;
        let recovery_life = row.get("recovery_life")?;
        Ok(Self { id: row.get("id")?, fields: fields.into_iter().collect(), recovery_life })
    }

    /// The app of these rows. Its newest key is first.
    ///
    /// # Errors
    /// [`RegistryError::BadRow`] with the first invalid column.
    fn into_app(self, keys: &[KeyRow]) -> Result<App, RegistryError> {
        let id = AppId::parse(&self.id).map_err(|cause| bad_row(None, RowFault::Id { column: "id", cause }))?;
        self.parse(id.clone(), keys).map_err(|fault| bad_row(Some(id), fault))
    }

    fn parse(self, id: AppId, keys: &[KeyRow]) -> Result<App, RowFault> {
        let credentials = keys.iter().filter_map(KeyRow::parse).collect::<Result<Vec<_>, _>>()?;
        let credentials = Credentials::from_newest_first(credentials).ok_or(RowFault::NoKey)?;
        let mut app = App { credentials: credentials.clone(), ..App::new(id, credentials.newest().clone()) };
        self.fields?.iter().for_each(|value| value.give_to(&mut app));
        app.recovery_life = u64::try_from(self.recovery_life).unwrap_or_default();
        app.validate().map_err(Box::new)?;
        Ok(app)
    }
}

impl KeyRow {
    fn read(row: &Row) -> Result<Self, sqlx::Error> {
        Ok(Self {
            key: row.get("key")?,
            secret: row.get("secret")?,
            created_at: row.get("created_at")?,
            last_used_at: row.get("last_used_at")?,
        })
    }

    /// `None` if this row has no key.
    fn parse(&self) -> Option<Result<Credential, RowFault>> {
        let (key, secret) = (self.key.as_deref()?, self.secret.as_deref()?);
        Some(parse_key(key, secret, self.created_at?, self.last_used_at))
    }
}

fn parse_key(key: &str, secret: &str, created_at: i64, last_used_at: Option<i64>) -> Result<Credential, RowFault> {
    let id = |column| move |cause: InvalidId| RowFault::Id { column, cause };
    let time = |column, seconds| Timestamp::from_second(seconds).map_err(|cause| RowFault::Time { column, cause });
    Ok(Credential {
        key: AppKey::parse(key).map_err(id("key"))?,
        secret: Secret::parse(secret).map_err(id("secret"))?,
        created_at: time("created_at", created_at)?,
        last_used_at: last_used_at.map(|seconds| time("last_used_at", seconds)).transpose()?,
    })
}

fn parse_origins(json: &str) -> Result<AllowedOrigins, RowFault> {
    let entries: Vec<String> =
        serde_json::from_str(json).map_err(|cause| RowFault::NoList { size: json.len(), cause })?;
    Ok(AllowedOrigins::parse(&entries).map_err(Box::new)?)
}

/// NULL means that there is no limit.
fn parse_limit(limit: &'static Limit, number: Option<i64>) -> Result<FieldValue, RowFault> {
    Ok(FieldValue::Limit(limit, limit.check(number.unwrap_or(0))?))
}

/// The fields of an app that are kept as JSON.
pub(crate) struct Lists {
    origins: String,
    webhooks: String,
}

impl Lists {
    pub(crate) fn of(app: &App) -> Result<Self, serde_json::Error> {
        let origins = serde_json::to_string(&app.allowed_origins)?;
        Ok(Self { origins, webhooks: app.webhooks.encode()? })
    }
}

/// The values of an app in the order of the columns in [`queries`](crate::queries).
pub(crate) fn values<'a>(app: &'a App, lists: &'a Lists) -> Vec<SqlValue<'a>> {
    let value = |field| match field {
        AppField::Name => SqlValue::Text(&app.name),
        AppField::AllowedOrigins => SqlValue::Text(&lists.origins),
        AppField::Webhooks => SqlValue::Text(&lists.webhooks),
        AppField::Switch(switch) => SqlValue::Flag(switch.get(app)),
        AppField::Limit(limit) => {
            let number = limit.get(&app.limits);
            SqlValue::Number((number > 0).then(|| number.into()))
        }
    };
    let recovery_life = SqlValue::Number(Some(app.recovery_life.cast_signed()));
    let fields = AppField::all().map(value);
    iter::once(SqlValue::Text(app.id.as_str())).chain(fields).chain(iter::once(recovery_life)).collect()
}

/// The values of a key in the order of the columns in [`queries`](crate::queries).
pub(crate) fn key_values<'a>(app: &'a App, credential: &'a Credential, position: i64) -> [SqlValue<'a>; 6] {
    [
        SqlValue::Text(credential.key.as_str()),
        SqlValue::Text(credential.secret.expose()),
        SqlValue::Text(app.id.as_str()),
        SqlValue::Number(Some(position)),
        SqlValue::Number(Some(credential.created_at.as_second())),
        SqlValue::Number(credential.last_used_at.map(Timestamp::as_second)),
    ]
}

/// The error for a row whose columns cannot be read.
fn unreadable(id: Option<&str>, error: sqlx::Error) -> RegistryError {
    match error {
        sqlx::Error::ColumnDecode { index, source } => {
            let id = id.and_then(|id| AppId::parse(id).ok());
            bad_row(id, RowFault::Unreadable { column: index.trim_matches('"').to_owned(), cause: source })
        }
        error => error.into(),
    }
}

fn bad_row(app: Option<AppId>, fault: RowFault) -> RegistryError {
    RegistryError::BadRow { app, fault: Box::new(fault) }
}
