//! `clairon app enable` and `clairon app disable`

use anyhow::Context as _;
use clairon_protocol::AppId;
use serde_json::json;

use super::{Context, unknown};

pub(super) async fn run(context: &Context, id: &AppId, enabled: bool) -> anyhow::Result<()> {
    let update =
        context.registry().await?.update(id, &|app| app.enabled = enabled).await?.with_context(|| unknown(id))?;
    let changed = update.before.enabled != enabled;
    let state = if enabled { "enabled" } else { "disabled" };
    let text =
        if changed { format!("{state} {id}\n") } else { format!("nothing changed: the app {id} is {state} already\n") };
    context.tell(&text, &json!({ "id": id, "enabled": enabled, "changed": changed }))?;
    context.warn_if_declared(id);
    Ok(())
}
