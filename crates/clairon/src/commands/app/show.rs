//! `clairon app show`

use anyhow::Context;
use clairon_protocol::AppId;
use clairon_registry::AppRegistry;

use super::view::AppView;
use crate::commands::print;

pub(super) async fn run(registry: &dyn AppRegistry, id: &AppId, show_secret: bool, json: bool) -> anyhow::Result<()> {
    let app = registry.find(id).await?.with_context(|| format!("no app has the id {id}"))?;
    let view = if show_secret { AppView::with_secret(&app) } else { AppView::public(&app) };
    print(view.text(json)?);
    Ok(())
}
