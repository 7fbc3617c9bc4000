//! `clairon app update`

use anyhow::{Context as _, ensure};
use clairon_protocol::AppId;
use serde_json::json;

use super::{Context, difference, unknown};
use crate::{
    cli::AppFields,
    config::{AppChanges, Problems},
};

/// Changes all given fields together or none, and prints the changes.
pub(super) async fn run(context: &Context, id: &AppId, fields: AppFields) -> anyhow::Result<()> {
    let changes = AppChanges::read(fields.0)?;
    let nothing = || Problems::one("there is nothing to change: `clairon app update --help` lists what an app has");
    ensure!(!changes.is_empty(), nothing());
    let update = context.registry().await?.update(id, &|app| changes.apply(app)).await?.with_context(|| unknown(id))?;
    let differences = difference::differences(&update.before, &update.after)?;
    let text = match differences.as_slice() {
        [] => format!("nothing changed: the app {id} is like that already\n"),
        differences => format!("changed {id}\n{}", difference::text(differences)),
    };
    context.tell(&text, &json!({ "id": id, "changed": difference::json(differences) }))?;
    context.warn_if_declared(id);
    Ok(())
}
