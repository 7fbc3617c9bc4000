//! In what an app differs from what it was.

use clairon_registry::{App, AppField};
use serde_json::{Value, json};

/// A field whose value is another now. Name and values are as the settings have them.
pub(in crate::commands) struct Difference {
    pub(in crate::commands) field: &'static str,
    pub(super) from: Value,
    pub(in crate::commands) to: Value,
}

/// All of them, by the names of the fields.
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

/// One line each.
pub(super) fn text(differences: &[Difference]) -> String {
    let width = differences.iter().map(|difference| difference.field.len()).max().unwrap_or_default();
    let line = |Difference { field, from, to }: &Difference| format!("  {field:width$}  {from} -> {to}\n");
    differences.iter().map(line).collect()
}

/// By field, what it was and what it is.
pub(super) fn json(differences: Vec<Difference>) -> Value {
    let entry = |Difference { field, from, to }| (field.to_owned(), json!({ "from": from, "to": to }));
    differences.into_iter().map(entry).collect()
}
