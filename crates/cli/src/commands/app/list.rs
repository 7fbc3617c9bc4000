//! `clairon app list`

use std::fmt::Write;

use clairon_registry::App;

use super::{Context, view::AppView};
use crate::commands::print;

pub(super) async fn run(context: &Context) -> anyhow::Result<()> {
    let apps = context.registry().await?.list().await?;
    if context.json {
        let apps = apps.iter().map(AppView::public).collect::<Vec<_>>();
        print(format_args!("{}\n", serde_json::to_string_pretty(&apps)?));
    } else {
        print(table(&apps)?);
    }
    Ok(())
}

fn table(apps: &[App]) -> Result<String, std::fmt::Error> {
    let id_width = apps.iter().map(|app| app.id.as_str().len()).max().unwrap_or(0).max("ID".len());
    let key_width =
        apps.iter().map(|app| app.credentials.newest().key.as_str().len()).max().unwrap_or(0).max("KEY".len());
    let mut table = format!("{:id_width$}  {:key_width$}  ENABLED  NAME\n", "ID", "KEY");
    for app in apps {
        let enabled = if app.enabled { "yes" } else { "no" };
        let row = format!(
            "{:id_width$}  {:key_width$}  {enabled:7}  {}",
            app.id.as_str(),
            app.credentials.newest().key.as_str(),
            app.name
        );
        writeln!(table, "{}", row.trim_end())?;
    }
    Ok(table)
}
