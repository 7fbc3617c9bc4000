//! `clairon app delete`

use std::io::{self, BufRead, IsTerminal};

use anyhow::ensure;
use clairon_protocol::AppId;
use clairon_registry::AppRegistry;

use crate::{commands::print, config::Problems};

pub(super) async fn run(registry: &dyn AppRegistry, id: &AppId, yes: bool, json: bool) -> anyhow::Result<()> {
    ensure!(yes || confirm(id)?, "nothing was deleted");
    ensure!(registry.delete(id).await?, "no app has the id {id}");
    if json {
        print(format_args!("{}\n", serde_json::json!({ "id": id, "deleted": true })));
    } else {
        print(format_args!("deleted {id}\n"));
    }
    Ok(())
}

fn confirm(id: &AppId) -> anyhow::Result<bool> {
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        return Err(Problems::one(format_args!("app delete {id} needs --yes where nobody can be asked")).into());
    }
    eprint!("Delete the app {id} and disconnect its clients? [y/N] ");
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
