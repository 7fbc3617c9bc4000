//! The SQL that all engines share. `key` is quoted, because the word is reserved in MySQL.

use std::{iter, sync::LazyLock};

use crate::fields::AppField;

/// The columns of an app, in the order of the values of [`upsert`].
fn columns() -> impl Iterator<Item = &'static str> {
    iter::once("id").chain(AppField::all().map(AppField::name)).chain(iter::once("recovery_life"))
}

pub(crate) const REVISION: &str = "SELECT revision FROM registry_revision";

/// The first statement of every write. Its row is the lock for which the writers of all processes wait. Later
/// statements of the write increment the revision, through triggers.
pub(crate) const LOCK: &str = "UPDATE registry_revision SET revision = revision";

/// Increments the revision.
pub(crate) const NEXT_REVISION: &str = "UPDATE registry_revision SET revision = revision + 1";

pub(crate) const COMMIT: &str = "COMMIT";

pub(crate) const ROLLBACK: &str = "ROLLBACK";

/// All columns of apps, one row for each key.
fn select_apps(rest: &str) -> String {
    let columns = columns().collect::<Vec<_>>().join(", ");
    format!(
        "SELECT {columns}, \"key\", secret, app_keys.created_at, last_used_at FROM apps LEFT JOIN app_keys ON app_id = id {rest}"
    )
}

/// The rows of an app are adjacent. Its newest key is first.
pub(crate) static LIST: LazyLock<String> = LazyLock::new(|| select_apps("ORDER BY id, position DESC"));

pub(crate) static FIND: LazyLock<String> = LazyLock::new(|| select_apps("WHERE id = $1 ORDER BY position DESC"));

pub(crate) const COUNT: &str = "SELECT COUNT(*) FROM apps";

pub(crate) const OWNER_OF_KEY: &str = "SELECT app_id FROM app_keys WHERE \"key\" = $1";

pub(crate) const DELETE_KEYS: &str = "DELETE FROM app_keys WHERE app_id = $1";

pub(crate) const INSERT_KEY: &str = "INSERT INTO app_keys (\"key\", secret, app_id, position, created_at, last_used_at) \
     VALUES ($1, $2, $3, $4, $5, $6)";

/// A time of use only grows, in whatever order nodes write it.
pub(crate) const NOTE_USE: &str = "UPDATE app_keys SET last_used_at = $2 \
     WHERE \"key\" = $1 AND (last_used_at IS NULL OR last_used_at < $2)";

pub(crate) const DELETE: &str = "DELETE FROM apps WHERE id = $1";

/// The statement that adds an app or replaces the one with its id. `on_conflict` begins its second part. `new_value`
/// returns the new value of a column.
pub(crate) fn upsert(on_conflict: &str, new_value: fn(&str) -> String) -> String {
    let names: Vec<_> = columns().collect();
    let values: Vec<_> = (1..=names.len()).map(|number| format!("${number}")).collect();
    let changes: Vec<_> = names.iter().skip(1).map(|name| format!("{name} = {}", new_value(name))).collect();
    let [names, values, changes] = [names.join(", "), values.join(", "), changes.join(", ")];
    format!("INSERT INTO apps ({names}) VALUES ({values}) {on_conflict} {changes}, updated_at = CURRENT_TIMESTAMP")
}
