//! The engines behind one interface. It keeps sqlx's types and bounds out of the rest of the crate, so that the rest is
//! compiled once and not for each engine.

use sqlx::{
    Arguments, Database, Encode, Executor, IntoArguments, MySql, MySqlPool, PgPool, Postgres, SqlSafeStr, Sqlite,
    SqlitePool, Type, pool::PoolConnection, query::Query,
};

use crate::{dialect::Dialect, mysql, positional::PositionalStatement, postgres, row::Row, sqlite};

/// The value of a parameter `$1` of a statement.
#[derive(Clone, Copy)]
pub(crate) enum SqlValue<'a> {
    Text(&'a str),
    Flag(bool),
    /// `None` is NULL.
    Number(Option<i64>),
}

/// The connections to a database.
#[derive(Clone)]
pub(crate) enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
    MySql(MySqlPool),
}

impl Pool {
    /// Waits for a free connection, or opens one. A connection over the network takes kilobytes to open. They are
    /// allocated apart, so that a call with SQLite does not reserve them.
    pub(crate) async fn acquire(&self) -> Result<Session, sqlx::Error> {
        Ok(match self {
            Self::Sqlite(pool) => Session::Sqlite(pool.acquire().await?),
            Self::Postgres(pool) => Session::Postgres(Box::pin(pool.acquire()).await?),
            Self::MySql(pool) => Session::MySql(Box::pin(pool.acquire()).await?),
        })
    }
}

/// A connection of a pool. It returns to the pool when it is dropped.
pub(crate) enum Session {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
    MySql(PoolConnection<MySql>),
}

impl Session {
    /// The SQL that only this engine has.
    pub(crate) fn dialect(&self) -> &'static Dialect {
        match self {
            Self::Sqlite(_) => &sqlite::DIALECT,
            Self::Postgres(_) => &postgres::DIALECT,
            Self::MySql(_) => &mysql::DIALECT,
        }
    }

    /// Runs a statement and returns its rows.
    pub(crate) async fn run(
        &mut self,
        statement: &'static str,
        values: &[SqlValue<'_>],
    ) -> Result<Vec<Row>, sqlx::Error> {
        Ok(match self {
            Self::Sqlite(connection) => rows(connection.fetch_all(positional(statement, values)?).await?),
            Self::Postgres(connection) => rows(connection.fetch_all(numbered(statement, values)?).await?),
            Self::MySql(connection) => rows(connection.fetch_all(positional(statement, values)?).await?),
        })
    }

    /// Runs a statement and reads the number in the first column of its first row.
    pub(crate) async fn number(&mut self, statement: &'static str) -> Result<i64, sqlx::Error> {
        self.run(statement, &[]).await?.first().ok_or(sqlx::Error::RowNotFound)?.number()
    }

    /// Runs a statement without result rows. Returns the number of rows that it inserted, deleted, or matched for an
    /// update.
    pub(crate) async fn execute(
        &mut self,
        statement: &'static str,
        values: &[SqlValue<'_>],
    ) -> Result<u64, sqlx::Error> {
        Ok(match self {
            Self::Sqlite(connection) => connection.execute(positional(statement, values)?).await?.rows_affected(),
            Self::Postgres(connection) => connection.execute(numbered(statement, values)?).await?.rows_affected(),
            Self::MySql(connection) => connection.execute(positional(statement, values)?).await?.rows_affected(),
        })
    }

    /// Begins or ends a transaction. SQLite prepares such a statement once. The others get it as text: MySQL cannot
    /// prepare all of them, and Postgres needs one round trip for either.
    pub(crate) async fn control(&mut self, statement: &'static str) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(connection) => connection.execute(positional(statement, &[])?).await.map(drop),
            Self::Postgres(connection) => connection.execute(statement).await.map(drop),
            Self::MySql(connection) => connection.execute(statement).await.map(drop),
        }
    }

    /// Closes the connection instead of returning it to the pool.
    pub(crate) fn close_on_drop(&mut self) {
        match self {
            Self::Sqlite(connection) => connection.close_on_drop(),
            Self::Postgres(connection) => connection.close_on_drop(),
            Self::MySql(connection) => connection.close_on_drop(),
        }
    }
}

fn rows<R: Into<Row>>(rows: Vec<R>) -> Vec<Row> {
    rows.into_iter().map(R::into).collect()
}

/// A statement with its values, for an engine in which `$1` refers to a value by number.
fn numbered<'q>(
    statement: &'static str,
    values: &[SqlValue<'q>],
) -> Result<Query<'q, Postgres, <Postgres as Database>::Arguments>, sqlx::Error> {
    Ok(sqlx::query_with(statement.into_sql_str(), arguments::<Postgres>(values.iter().copied())?))
}

/// A statement with its values, for an engine in which each `?` takes the next value.
fn positional<'q, DB>(
    statement: &'static str,
    values: &[SqlValue<'q>],
) -> Result<Query<'q, DB, DB::Arguments>, sqlx::Error>
where
    DB: Database<Arguments: IntoArguments<DB>>,
    &'q str: Encode<'q, DB> + Type<DB>,
    bool: Encode<'q, DB> + Type<DB>,
    Option<i64>: Encode<'q, DB> + Type<DB>,
{
    let PositionalStatement { statement, order } = PositionalStatement::of(statement);
    let arguments = arguments::<DB>(order.iter().filter_map(|index| values.get(*index).copied()))?;
    Ok(sqlx::query_with(statement.as_str().into_sql_str(), arguments))
}

/// The encoded values of a statement.
fn arguments<'q, DB>(values: impl Iterator<Item = SqlValue<'q>>) -> Result<DB::Arguments, sqlx::Error>
where
    DB: Database,
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
