//! What the registry asks of a database engine, so that the rest of the crate is free of sqlx's types and bounds.

use async_trait::async_trait;
use sqlx::{Database, Encode, Executor, FromRow, IntoArguments, Type};

use crate::{
    app::App,
    error::RegistryError,
    row::{self, AppRow, KeyRow},
    statistics,
};

/// A value for a `$1` of a statement.
#[derive(Clone, Copy)]
pub(crate) enum Value<'a> {
    Text(&'a str),
    Flag(bool),
    /// `None` is NULL.
    Number(Option<i64>),
}

/// An engine that knows the types of [`Value`] and those of a row of `apps`.
#[async_trait]
pub(crate) trait Engine: Database {
    /// Runs one statement, and returns the rows that it answers with.
    async fn run(
        connection: &mut Self::Connection,
        statement: &'static str,
        values: &[Value<'_>],
    ) -> Result<Vec<Self::Row>, sqlx::Error>;

    /// Reads the rows of one app: one for each of its keys.
    fn app(rows: &[Self::Row]) -> Result<App, RegistryError>;

    /// Reads a row of statistics.
    fn statistics(row: &Self::Row) -> Result<statistics::Row, sqlx::Error>;

    /// Reads the number in the first column.
    fn number(row: &Self::Row) -> Result<i64, sqlx::Error>;

    /// Reads the text in the first column.
    fn text(row: &Self::Row) -> Result<String, sqlx::Error>;
}

#[async_trait]
impl<DB> Engine for DB
where
    DB: Database,
    DB::Arguments: IntoArguments<DB>,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    for<'q> &'q str: Encode<'q, DB> + Type<DB>,
    for<'q> bool: Encode<'q, DB> + Type<DB>,
    for<'q> Option<i64>: Encode<'q, DB> + Type<DB>,
    for<'r> AppRow: FromRow<'r, DB::Row>,
    for<'r> KeyRow: FromRow<'r, DB::Row>,
    for<'r> statistics::Row: FromRow<'r, DB::Row>,
    for<'r> (i64,): FromRow<'r, DB::Row>,
    for<'r> (String,): FromRow<'r, DB::Row>,
{
    async fn run(
        connection: &mut DB::Connection,
        statement: &'static str,
        values: &[Value<'_>],
    ) -> Result<Vec<DB::Row>, sqlx::Error> {
        let mut query = sqlx::query::<DB>(statement);
        for &value in values {
            query = match value {
                Value::Text(text) => query.bind(text),
                Value::Flag(flag) => query.bind(flag),
                Value::Number(number) => query.bind(number),
            };
        }
        query.fetch_all(connection).await
    }

    fn app(rows: &[DB::Row]) -> Result<App, RegistryError> {
        let first = rows.first().ok_or(sqlx::Error::RowNotFound)?;
        let unreadable = |error| row::unreadable(Self::text(first).ok().as_deref(), error);
        let app = AppRow::from_row(first).map_err(unreadable)?;
        let keys: Vec<_> = rows.iter().map(KeyRow::from_row).collect::<Result<_, _>>().map_err(unreadable)?;
        app.into_app(&keys)
    }

    fn statistics(row: &DB::Row) -> Result<statistics::Row, sqlx::Error> {
        FromRow::from_row(row)
    }

    fn number(row: &DB::Row) -> Result<i64, sqlx::Error> {
        <(i64,)>::from_row(row).map(|(number,)| number)
    }

    fn text(row: &DB::Row) -> Result<String, sqlx::Error> {
        <(String,)>::from_row(row).map(|(text,)| text)
    }
}
