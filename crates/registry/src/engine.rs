//! The interface of a database engine. It keeps sqlx's types and bounds out of the rest of the crate, so that the rest
//! is compiled once and not for each engine.

use std::pin::Pin;

use sqlx::{
    Arguments, Database, Encode, Executor, IntoArguments, SqlSafeStr, Type, pool::PoolConnection, query::Query,
};

use crate::{dialect::Dialect, positional::PositionalStatement, row::Row};

/// The value of a parameter `$1` of a statement.
#[derive(Clone, Copy)]
pub(crate) enum SqlValue<'a> {
    Text(&'a str),
    Flag(bool),
    /// `None` is NULL.
    Number(Option<i64>),
}

/// What a database answers. It is boxed, so that the compiler looks into the futures of the drivers once, and not in
/// each function that awaits an answer.
pub(crate) type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, sqlx::Error>> + Send + 'a>>;

/// The connections to a database.
pub(crate) trait Pool: Send + Sync {
    /// Waits for a free connection, or opens one.
    fn acquire(&self) -> Answer<'_, Box<dyn Session>>;
}

/// A connection of a pool. It returns to the pool when it is dropped.
pub(crate) trait Session: Send {
    /// The SQL that only this engine has.
    fn dialect(&self) -> &'static Dialect;

    /// Runs a statement and returns its rows.
    fn run<'a>(&'a mut self, statement: &'static str, values: &'a [SqlValue<'a>]) -> Answer<'a, Vec<Row>>;

    /// Runs a statement without result rows. Returns [how many rows it affected](Engine::rows_affected).
    fn execute<'a>(&'a mut self, statement: &'static str, values: &'a [SqlValue<'a>]) -> Answer<'a, u64>;

    /// Begins or ends a transaction. The statement is sent as text unless the engine
    /// [prepares](Engine::PREPARES_TRANSACTIONS) such statements.
    fn control(&mut self, statement: &'static str) -> Answer<'_, ()>;

    /// Closes the connection instead of returning it to the pool.
    fn close_on_drop(&mut self);
}

/// An engine and its driver.
pub(crate) trait Engine: Database<Row: Into<Row>> {
    /// True if `$1` refers to a value by number; false if each `?` takes the next value.
    const NUMBERS_VALUES: bool;
    /// True if statements that begin and end transactions are prepared once. False if they are sent as text: MySQL
    /// cannot prepare all of them, and Postgres needs one round trip for either.
    const PREPARES_TRANSACTIONS: bool;

    /// The SQL that only this engine has.
    fn dialect() -> &'static Dialect;

    /// The number of rows that a statement inserted, deleted, or matched for an update.
    fn rows_affected(result: &Self::QueryResult) -> u64;
}

impl<DB: Engine> Pool for sqlx::Pool<DB>
where
    PoolConnection<DB>: Session,
{
    fn acquire(&self) -> Answer<'_, Box<dyn Session>> {
        let connection = self.acquire();
        Box::pin(async { Ok(Box::new(connection.await?) as Box<dyn Session>) })
    }
}

impl<DB> Session for PoolConnection<DB>
where
    DB: Engine<Arguments: IntoArguments<DB>>,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    for<'q> &'q str: Encode<'q, DB> + Type<DB>,
    for<'q> bool: Encode<'q, DB> + Type<DB>,
    for<'q> Option<i64>: Encode<'q, DB> + Type<DB>,
{
    fn dialect(&self) -> &'static Dialect {
        DB::dialect()
    }

    fn run<'a>(&'a mut self, statement: &'static str, values: &'a [SqlValue<'a>]) -> Answer<'a, Vec<Row>> {
        Box::pin(async move {
            let rows = (**self).fetch_all(query(statement, values)?).await?;
            Ok(rows.into_iter().map(Into::into).collect())
        })
    }

    fn execute<'a>(&'a mut self, statement: &'static str, values: &'a [SqlValue<'a>]) -> Answer<'a, u64> {
        Box::pin(async move { Ok(DB::rows_affected(&(**self).execute(query(statement, values)?).await?)) })
    }

    fn control(&mut self, statement: &'static str) -> Answer<'_, ()> {
        Box::pin(async move {
            if DB::PREPARES_TRANSACTIONS {
                (**self).execute(query(statement, &[])?).await.map(drop)
            } else {
                (**self).execute(statement).await.map(drop)
            }
        })
    }

    fn close_on_drop(&mut self) {
        self.close_on_drop();
    }
}

/// A statement with its values.
fn query<'q, DB>(statement: &'static str, values: &[SqlValue<'q>]) -> Result<Query<'q, DB, DB::Arguments>, sqlx::Error>
where
    DB: Engine<Arguments: IntoArguments<DB>>,
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
    DB: Engine,
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
