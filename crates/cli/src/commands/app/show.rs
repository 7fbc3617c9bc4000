//! `clairon app show`

use anyhow::Context as _;
use serde_json::json;

use super::{Context, unknown, view::AppView};
use crate::{
    cli::ShowArguments,
    commands::{print, setup::Setup},
};

pub(super) async fn run(context: &Context, arguments: &ShowArguments) -> anyhow::Result<()> {
    let &ShowArguments { ref id, show_secret, env } = arguments;
    let app = context.registry().await?.find(id).await?.with_context(|| unknown(id))?;
    if env {
        let address = context.address();
        let setup = Setup { id, credential: app.credentials.newest(), address: &address, show_secret };
        context.tell(&setup.to_string(), &json!({ "env": setup.env(), "echo": setup.echo() }))?;
        return Ok(());
    }
    let view = if show_secret { AppView::with_secrets(&app) } else { AppView::public(&app) };
    print(view.text(context.json)?);
    Ok(())
}
