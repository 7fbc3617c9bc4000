//! Reads the tables of apps: `websockets_apps` of `beyondcode/laravel-websockets`, `apps` of soketi.

use std::{future::Future, time::Duration};

use clairon_laravel::{ArrayKey, ConfigValue};
use clairon_registry::App;
use sqlx::{
    AssertSqlSafe, ColumnIndex, Connection, Database, Decode, Executor, IntoArguments, MySqlConnection, PgConnection,
    Row, SqliteConnection, Type,
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
    /// Casts a `VALUE` of any type to its text in UTF-8, as bytes. NULL stays NULL.
    text: &'static str,
}

const SQLITE: Dialect = Dialect {
    schemes: &["sqlite:"],
    columns: "SELECT CAST(name AS BLOB) FROM pragma_table_info('TABLE')",
    quote: '"',
    text: "CAST(VALUE AS BLOB)",
};

const POSTGRES: Dialect = Dialect {
    schemes: &["postgres:", "postgresql:"],
    columns: "SELECT CONVERT_TO(CAST(column_name AS TEXT), 'UTF8') FROM information_schema.columns \
              WHERE table_name = 'TABLE' AND table_schema = ANY (current_schemas(false))",
    quote: '"',
    text: "CONVERT_TO(CAST(VALUE AS TEXT), 'UTF8')",
};

const MYSQL: Dialect = Dialect {
    schemes: &["mysql:", "mariadb:"],
    columns: "SELECT CAST(column_name AS BINARY) FROM information_schema.columns \
              WHERE table_name = 'TABLE' AND table_schema = DATABASE()",
    quote: '`',
    text: "CAST(CAST(VALUE AS CHAR CHARACTER SET utf8mb4) AS BINARY)",
};

/// A row of the table.
type Record = Result<ConfigValue, RecordError>;

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
    let is_of = |dialect: &Dialect| dialect.schemes.iter().any(|scheme| url.0.starts_with(scheme));
    let records = if is_of(&SQLITE) {
        records::<SqliteConnection>(url, &SQLITE, table, mapping).await?
    } else if is_of(&POSTGRES) {
        records::<PgConnection>(url, &POSTGRES, table, mapping).await?
    } else if is_of(&MYSQL) {
        records::<MySqlConnection>(url, &MYSQL, table, mapping).await?
    } else {
        return Err(ImportError::DatabaseUrl { size: url.0.len() });
    };
    let mut plan = Plan::new(format!("the table {table}"));
    for (number, record) in (1..).zip(records) {
        let planned = record.and_then(|record| app(mapping, template, &record));
        plan.add(&format!("row {number}"), planned);
    }
    Ok(plan)
}

/// The rows of a table, with those of its columns that have a mapping.
async fn records<C>(
    url: &SourceUrl,
    dialect: &Dialect,
    table: &str,
    mapping: &'static Mapping,
) -> Result<Vec<Record>, ImportError>
where
    C: Connection<Database: Database<Arguments: IntoArguments<C::Database>>>,
    for<'c> &'c mut C: Executor<'c, Database = C::Database>,
    for<'r> Vec<u8>: Decode<'r, C::Database> + Type<C::Database>,
    usize: ColumnIndex<<C::Database as Database>::Row>,
{
    let mut connection = within(C::connect(&url.0)).await?;
    let names = AssertSqlSafe(dialect.columns.replace("TABLE", table));
    let names: Vec<Vec<u8>> = within(sqlx::query_scalar(names).fetch_all(&mut connection)).await?;
    let columns = columns(&names, table, mapping)?;
    let rows = within(sqlx::query(AssertSqlSafe(query(dialect, table, &columns))).fetch_all(&mut connection)).await?;
    let records = rows.iter().map(|row| record(row, &columns)).collect();
    // All rows have been read, so a failure to close the connection does not matter.
    let _ = within(connection.close()).await;
    Ok(records)
}

/// Those of the columns that have a mapping.
fn columns(names: &[Vec<u8>], table: &str, mapping: &'static Mapping) -> Result<Vec<&'static str>, ImportError> {
    let is_there = |name: &str| names.iter().any(|column| column == name.as_bytes());
    let is_needed = |target| matches!(target, TargetField::Id | TargetField::Key | TargetField::Secret);
    for (column, target) in mapping {
        if is_needed(*target) && !is_there(column) {
            return Err(ImportError::Column { table: table.to_owned(), column });
        }
    }
    Ok(mapping.iter().map(|(name, _)| *name).filter(|name| is_there(name)).collect())
}

/// The query for the rows of a table.
fn query(dialect: &Dialect, table: &str, columns: &[&str]) -> String {
    let quoted = |name: &str| format!("{quote}{name}{quote}", quote = dialect.quote);
    let values: Vec<String> = columns.iter().map(|column| dialect.text.replace("VALUE", &quoted(column))).collect();
    format!("SELECT {} FROM {} ORDER BY {} LIMIT {MAX_ROWS}", values.join(", "), quoted(table), quoted("id"))
}

/// A row as a record.
fn record<R: Row>(row: &R, columns: &[&'static str]) -> Record
where
    for<'r> Vec<u8>: Decode<'r, R::Database> + Type<R::Database>,
    usize: ColumnIndex<R>,
{
    let field = |(index, column): (usize, &&'static str)| {
        let value: Option<Vec<u8>> = row.try_get(index).map_err(|error| RecordError::Column { column, error })?;
        let value = match value.map(String::from_utf8).transpose() {
            Ok(text) => text.map_or(ConfigValue::Null, ConfigValue::Text),
            Err(error) => return Err(RecordError::NotUtf8 { column, error }),
        };
        Ok((ArrayKey::Name((*column).to_owned()), value))
    };
    columns.iter().enumerate().map(field).collect::<Result<_, _>>().map(ConfigValue::Array)
}

async fn within<T>(query: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, ImportError> {
    let answer = timeout(PATIENCE, query).await;
    answer.map_err(|_| ImportError::Silent { seconds: PATIENCE.as_secs() })?.map_err(ImportError::from)
}
