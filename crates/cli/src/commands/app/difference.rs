//! The differences between two states of an app.

use clairon_registry::{App, AppField};
use serde_json::{Value, json};

/// A field with a changed value. Name and values are in the form of the settings.
pub(in crate::commands) struct Difference {
    pub(in crate::commands) field: &'static str,
    pub(super) from: Value,
    pub(in crate::commands) to: Value,
}

/// The changed fields.
pub(in crate::commands) fn differences(before: &App, after: &App) -> serde_json::Result<Vec<Difference>> {
    let difference = |field: AppField| {
        let [from, to] = [before, after].map(|app| serde_json::to_value(field.value(app)));
        Ok(Difference { field: field.name(), from: from?, to: to? })
    };
    let mut differences = AppField::all().map(difference).collect::<serde_json::Result<Vec<_>>>()?;
    differences.retain(|difference| difference.from != difference.to);
    differences.sort_unstable_by_key(|difference| difference.field);
    Ok(differences)
}

/// One line for each field.
pub(super) fn text(differences: &[Difference]) -> String {
    let width = differences.iter().map(|difference| difference.field.len()).max().unwrap_or_default();
    let line = |Difference { field, from, to }: &Difference| format!("  {field:width$}  {from} -> {to}\n");
    differences.iter().map(line).collect()
}

/// The old and the new value, by field.
pub(super) fn json(differences: Vec<Difference>) -> Value {
    let entry = |Difference { field, from, to }| (field.to_owned(), json!({ "from": from, "to": to }));
    differences.into_iter().map(entry).collect()
}
