//! The interface of a database engine. It keeps sqlx's types and bounds out of the rest of the crate.

use async_trait::async_trait;
use sqlx::{
    Arguments, ColumnIndex, Decode, Encode, Executor, FromRow, IntoArguments, Row, SqlSafeStr, Type, query::Query,
};

use crate::{
    app::App,
    dialect::Dialect,
    error::RegistryError,
    positional::PositionalStatement,
    row::{self, AppRow, KeyRow},
    statistics,
};

/// The value of a parameter `$1` of a statement.
#[derive(Clone, Copy)]
pub(crate) enum SqlValue<'a> {
    Text(&'a str),
    Flag(bool),
    /// `None` is NULL.
    Number(Option<i64>),
}

/// An engine that can bind a [`SqlValue`] and read the rows of this crate.
#[async_trait]
pub(crate) trait Engine: Dialect {
    /// Runs a statement and returns its rows.
    async fn run(
        connection: &mut Self::Connection,
        statement: &'static str,
        values: &[SqlValue<'_>],
    ) -> Result<Vec<Self::Row>, sqlx::Error>;

    /// Runs a statement without result rows. Returns [how many rows it affected](Dialect::rows_affected).
    async fn execute(
        connection: &mut Self::Connection,
        statement: &'static str,
        values: &[SqlValue<'_>],
    ) -> Result<u64, sqlx::Error>;

    /// Begins or ends a transaction. The statement is sent as text unless the engine
    /// [prepares](Dialect::PREPARES_TRANSACTIONS) such statements.
    async fn control(connection: &mut Self::Connection, statement: &'static str) -> Result<(), sqlx::Error>;

    /// Reads the rows of one app: one row for each of its keys.
    fn app(rows: &[Self::Row]) -> Result<App, RegistryError>;

    /// Reads a row of statistics.
    fn statistics(row: &Self::Row) -> Result<statistics::StatisticsRow, sqlx::Error>;

    /// Reads the number in a column.
    fn number_at(row: &Self::Row, column: usize) -> Result<i64, sqlx::Error>;

    /// Reads the text in a column.
    fn text_at(row: &Self::Row, column: usize) -> Result<String, sqlx::Error>;

    /// Reads the number in the first column.
    fn number(row: &Self::Row) -> Result<i64, sqlx::Error> {
        Self::number_at(row, 0)
    }

    /// Reads the text in the first column.
    fn text(row: &Self::Row) -> Result<String, sqlx::Error> {
        Self::text_at(row, 0)
    }
}

#[async_trait]
impl<DB> Engine for DB
where
    DB: Dialect,
    DB::Arguments: IntoArguments<DB>,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    for<'q> &'q str: Encode<'q, DB> + Type<DB>,
    for<'q> bool: Encode<'q, DB> + Type<DB>,
    for<'q> Option<i64>: Encode<'q, DB> + Type<DB>,
    for<'r> AppRow: FromRow<'r, DB::Row>,
    for<'r> KeyRow: FromRow<'r, DB::Row>,
    for<'r> statistics::StatisticsRow: FromRow<'r, DB::Row>,
    for<'r> i64: Decode<'r, DB> + Type<DB>,
    for<'r> String: Decode<'r, DB> + Type<DB>,
    usize: ColumnIndex<DB::Row>,
{
    async fn run(
        connection: &mut DB::Connection,
        statement: &'static str,
        values: &[SqlValue<'_>],
    ) -> Result<Vec<DB::Row>, sqlx::Error> {
        query(statement, values)?.fetch_all(connection).await
    }

    async fn execute(
        connection: &mut DB::Connection,
        statement: &'static str,
        values: &[SqlValue<'_>],
    ) -> Result<u64, sqlx::Error> {
        Ok(DB::rows_affected(&query(statement, values)?.execute(connection).await?))
    }

    async fn control(connection: &mut DB::Connection, statement: &'static str) -> Result<(), sqlx::Error> {
        if DB::PREPARES_TRANSACTIONS {
            query(statement, &[])?.execute(connection).await.map(drop)
        } else {
            connection.execute(statement).await.map(drop)
        }
    }

    fn app(rows: &[DB::Row]) -> Result<App, RegistryError> {
        let first = rows.first().ok_or(sqlx::Error::RowNotFound)?;
        let unreadable = |error| row::unreadable(Self::text(first).ok().as_deref(), error);
        let app = AppRow::from_row(first).map_err(unreadable)?;
        let keys: Vec<_> = rows.iter().map(KeyRow::from_row).collect::<Result<_, _>>().map_err(unreadable)?;
        app.into_app(&keys)
    }

    fn statistics(row: &DB::Row) -> Result<statistics::StatisticsRow, sqlx::Error> {
        FromRow::from_row(row)
    }

    fn number_at(row: &DB::Row, column: usize) -> Result<i64, sqlx::Error> {
        row.try_get(column)
    }

    fn text_at(row: &DB::Row, column: usize) -> Result<String, sqlx::Error> {
        row.try_get(column)
    }
}

/// A statement with its values.
fn query<'q, DB>(statement: &'static str, values: &[SqlValue<'q>]) -> Result<Query<'q, DB, DB::Arguments>, sqlx::Error>
where
    DB: Dialect,
    DB::Arguments: IntoArguments<DB>,
    &'q str: Encode<'q, DB> + Type<DB>,
    bool: Encode<'q, DB> + Type<DB>,
    Option<i64>: Encode<'q, DB> + Type<DB>,
{
    if DB::NUMBERS_VALUES {
        let arguments = arguments::<DB>(values.iter().copied())?;
        Ok(sqlx::query_with(statement.into_sql_str(), arguments))
    } else {
        let PositionalStatement { statement, order } = PositionalStatement::of(statement);
        let arguments = arguments::<DB>(order.iter().filter_map(|index| values.get(*index).copied()))?;
        Ok(sqlx::query_with(statement.as_str().into_sql_str(), arguments))
    }
}

/// The encoded values of a statement.
fn arguments<'q, DB>(values: impl Iterator<Item = SqlValue<'q>>) -> Result<DB::Arguments, sqlx::Error>
where
    DB: Dialect,
    &'q str: Encode<'q, DB> + Type<DB>,
    bool: Encode<'q, DB> + Type<DB>,
    Option<i64>: Encode<'q, DB> + Type<DB>,
{
    let mut arguments = DB::Arguments::default();
    // A statement with many rows has hundreds of values.
    arguments.reserve(values.size_hint().1.unwrap_or_default(), 0);
    for value in values {
        let added = match value {
            SqlValue::Text(text) => arguments.add(text),
            SqlValue::Flag(flag) => arguments.add(flag),
            SqlValue::Number(number) => arguments.add(number),
        };
        added.map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}
