//! Reads the tables of apps: `websockets_apps` of `beyondcode/laravel-websockets`, `apps` of soketi.

use std::{future::Future, time::Duration};

use clairon_laravel::{ArrayKey, ConfigValue};
use clairon_registry::App;
use sqlx::{
    AnyConnection, AssertSqlSafe, Connection, Row, ValueRef,
    any::{AnyRow, AnyTypeInfoKind, install_default_drivers},
};
use tokio::time::timeout;

use crate::{
    args::{Format, SourceUrl},
    error::{ImportError, RecordError},
    laravel_websockets,
    mapping::{Mapping, TargetField, app},
    plan::Plan,
    soketi,
};

/// The time limit of each query.
const PATIENCE: Duration = Duration::from_secs(10);
/// The number of rows that are read.
const MAX_ROWS: usize = 10_000;

/// The differences between the database engines.
struct Dialect {
    schemes: &'static [&'static str],
    /// The query for the columns of a table; `TABLE` is replaced by its name.
    columns: &'static str,
    quote: char,
    /// A type to which every other type can be cast without loss, as text or as its bytes.
    text: &'static str,
}

const DIALECTS: [Dialect; 3] = [
    Dialect { schemes: &["sqlite:"], columns: "SELECT name FROM pragma_table_info('TABLE')", quote: '"', text: "BLOB" },
    Dialect {
        schemes: &["postgres:", "postgresql:"],
        columns: "SELECT CAST(column_name AS TEXT) FROM information_schema.columns \
                  WHERE table_name = 'TABLE' AND table_schema = ANY (current_schemas(false))",
        quote: '"',
        text: "TEXT",
    },
    Dialect {
        schemes: &["mysql:", "mariadb:"],
        columns: "SELECT CAST(column_name AS CHAR) FROM information_schema.columns \
                  WHERE table_name = 'TABLE' AND table_schema = DATABASE()",
        quote: '`',
        text: "CHAR",
    },
];

/// Reads a table. Nothing is written to the database.
pub(crate) async fn plan(
    template: &App,
    format: Format,
    url: &SourceUrl,
    table: Option<&str>,
) -> Result<Plan, ImportError> {
    let (mapping, custom) = match format {
        Format::LaravelWebsockets => (laravel_websockets::APP, "websockets_apps"),
        Format::Soketi => (soketi::ROW, "apps"),
        Format::Reverb => return Err(ImportError::NoTable),
    };
    let table = table.unwrap_or(custom);
    let is_of = |dialect: &&Dialect| dialect.schemes.iter().any(|scheme| url.0.starts_with(scheme));
    let dialect = DIALECTS.iter().find(is_of).ok_or(ImportError::DatabaseUrl { size: url.0.len() })?;
    install_default_drivers();
    let mut connection = within(AnyConnection::connect(&url.0)).await?;
    let columns = columns(&mut connection, dialect, table, mapping).await?;
    let mut plan = Plan::new(format!("the table {table}"));
    for (number, row) in (1..).zip(rows(&mut connection, dialect, table, &columns).await?) {
        let planned = record(&row, &columns).and_then(|record| app(mapping, template, &record));
        plan.add(&format!("row {number}"), planned);
    }
    // All rows have been read, so a failure to close the connection does not matter.
    let _ = within(connection.close()).await;
    Ok(plan)
}

/// The columns of the table that have a mapping.
async fn columns(
    connection: &mut AnyConnection,
    dialect: &Dialect,
    table: &str,
    mapping: &'static Mapping,
) -> Result<Vec<&'static str>, ImportError> {
    let statement = AssertSqlSafe(dialect.columns.replace("TABLE", table));
    let rows = within(sqlx::query(statement).fetch_all(connection)).await?;
    let names: Vec<String> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    let (known, needed): (Vec<_>, Vec<_>) = (
        mapping.iter().map(|(name, _)| *name).filter(|name| names.iter().any(|column| column == name)).collect(),
        mapping
            .iter()
            .filter(|(_, target)| matches!(target, TargetField::Id | TargetField::Key | TargetField::Secret))
            .collect(),
    );
    match needed.into_iter().find(|(name, _)| !known.contains(name)) {
        Some((column, _)) => Err(ImportError::Column { table: table.to_owned(), column }),
        None => Ok(known),
    }
}

/// The rows of a table, with every value cast to text.
async fn rows(
    connection: &mut AnyConnection,
    dialect: &Dialect,
    table: &str,
    columns: &[&'static str],
) -> Result<Vec<AnyRow>, ImportError> {
    let Dialect { quote, text, .. } = dialect;
    let values: Vec<String> = columns.iter().map(|column| format!("CAST({quote}{column}{quote} AS {text})")).collect();
    let order = format!("{quote}id{quote}");
    let statement =
        format!("SELECT {} FROM {quote}{table}{quote} ORDER BY {order} LIMIT {MAX_ROWS}", values.join(", "));
    within(sqlx::query(AssertSqlSafe(statement)).fetch_all(connection)).await
}

/// A row as a record.
fn record(row: &AnyRow, columns: &[&'static str]) -> Result<ConfigValue, RecordError> {
    let field = |(index, column): (usize, &&'static str)| {
        let unreadable = |error: sqlx::Error| RecordError::Column { column, error };
        let value = row.try_get_raw(index).map_err(unreadable)?;
        let value = if value.is_null() {
            ConfigValue::Null
        } else if value.type_info().kind() == AnyTypeInfoKind::Blob {
            let bytes: Vec<u8> = row.try_get(index).map_err(unreadable)?;
            ConfigValue::Text(String::from_utf8(bytes).map_err(|error| RecordError::NotUtf8 { column, error })?)
        } else {
            ConfigValue::Text(row.try_get(index).map_err(unreadable)?)
        };
        Ok((ArrayKey::Name((*column).to_owned()), value))
    };
    columns.iter().enumerate().map(field).collect::<Result<_, _>>().map(ConfigValue::Array)
}

async fn within<T>(query: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, ImportError> {
    let answer = timeout(PATIENCE, query).await;
    answer.map_err(|_| ImportError::Silent { seconds: PATIENCE.as_secs() })?.map_err(ImportError::from)
}
