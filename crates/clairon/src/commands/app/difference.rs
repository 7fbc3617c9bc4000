//! In what an app differs from what it was.

use clairon_registry::App;
use serde_json::{Map, Value, json};

use super::view::AppView;

/// A field whose value is another now. Name and values are as the settings have them.
pub(in crate::commands) struct Difference {
    pub(in crate::commands) field: String,
    pub(super) from: Value,
    pub(in crate::commands) to: Value,
}

/// All of them, by the names of the fields.
pub(in crate::commands) fn differences(before: &App, after: &App) -> serde_json::Result<Vec<Difference>> {
    let (before, mut after) = (fields(before)?, fields(after)?);
    let pairs = before.into_iter().map(|(field, from)| {
        let to = after.remove(&field).unwrap_or_default();
        Difference { field, from, to }
    });
    Ok(pairs.filter(|difference| difference.from != difference.to).collect())
}

fn fields(app: &App) -> serde_json::Result<Map<String, Value>> {
    match serde_json::to_value(AppView::public(app))? {
        Value::Object(fields) => Ok(fields),
        _ => Ok(Map::new()),
    }
}

/// One line each.
pub(super) fn text(differences: &[Difference]) -> String {
    let width = differences.iter().map(|difference| difference.field.len()).max().unwrap_or_default();
    let line = |Difference { field, from, to }: &Difference| format!("  {field:width$}  {from} -> {to}\n");
    differences.iter().map(line).collect()
}

/// By field, what it was and what it is.
pub(super) fn json(differences: Vec<Difference>) -> Value {
    differences.into_iter().map(|Difference { field, from, to }| (field, json!({ "from": from, "to": to }))).collect()
}
