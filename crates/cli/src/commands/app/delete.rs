//! `clairon app delete`

use anyhow::ensure;
use clairon_protocol::AppId;
use serde_json::json;

use super::{Context, unknown};
use crate::commands::confirm;

pub(super) async fn run(context: &Context, id: &AppId, yes: bool) -> anyhow::Result<()> {
    let question = format_args!("Delete the app {id} and disconnect its clients?");
    ensure!(yes || confirm(format_args!("app delete {id}"), question)?, "nothing was deleted");
    ensure!(context.registry().await?.delete(id).await?, unknown(id));
    context.tell(&format!("deleted {id}\n"), &json!({ "id": id, "deleted": true }))?;
    context.warn_if_declared(id);
    Ok(())
}
