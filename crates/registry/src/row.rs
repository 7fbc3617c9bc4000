//! A row of a result.

use sqlx::{
    ColumnIndex, Decode, MySql, Postgres, Row as _, Sqlite, Type, mysql::MySqlRow, postgres::PgRow, sqlite::SqliteRow,
};

/// A row of a result of any engine.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
    MySql(MySqlRow),
}

impl Row {
    /// Reads the number in a column.
    pub(crate) fn number_at(&self, column: usize) -> Result<i64, sqlx::Error> {
        self.get(column)
    }

    /// Reads the text in a column.
    pub(crate) fn text_at(&self, column: usize) -> Result<String, sqlx::Error> {
        self.get(column)
    }

    /// Reads the number in the first column.
    pub(crate) fn number(&self) -> Result<i64, sqlx::Error> {
        self.number_at(0)
    }

    /// Reads the text in the first column.
    pub(crate) fn text(&self) -> Result<String, sqlx::Error> {
        self.text_at(0)
    }

    /// Reads the value in a column, which is given by its position or its name.
    ///
    /// # Errors
    /// [`sqlx::Error::ColumnDecode`] if the value has another type or encoding.
    pub(crate) fn get<T: Readable>(&self, column: impl Column) -> Result<T, sqlx::Error> {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
            Self::MySql(row) => row.try_get(column),
        }
    }
}

impl From<SqliteRow> for Row {
    fn from(row: SqliteRow) -> Self {
        Self::Sqlite(row)
    }
}

impl From<PgRow> for Row {
    fn from(row: PgRow) -> Self {
        Self::Postgres(row)
    }
}

impl From<MySqlRow> for Row {
    fn from(row: MySqlRow) -> Self {
        Self::MySql(row)
    }
}

/// The position or the name of a column.
pub(crate) trait Column: ColumnIndex<SqliteRow> + ColumnIndex<PgRow> + ColumnIndex<MySqlRow> {}

impl Column for usize {}

impl Column for &str {}

/// A value that all engines can read.
pub(crate) trait Readable: ReadableIn<Sqlite> + ReadableIn<Postgres> + ReadableIn<MySql> {}

impl<T: ReadableIn<Sqlite> + ReadableIn<Postgres> + ReadableIn<MySql>> Readable for T {}

/// A value that an engine can read.
pub(crate) trait ReadableIn<DB: sqlx::Database>: for<'r> Decode<'r, DB> + Type<DB> {}

impl<DB: sqlx::Database, T: for<'r> Decode<'r, DB> + Type<DB>> ReadableIn<DB> for T {}
