//! `clairon app rotate`

use anyhow::Context as _;
use clairon_protocol::{AppId, AppKey};
use clairon_registry::Credential;
use serde::Serialize;

use super::{
    Context, unknown,
    view::{KeyView, key_lines},
};
use crate::{cli::RotateArguments, commands::setup::Setup};

/// The result of a rotation, in the order of `clairon app show`.
#[derive(Serialize)]
struct NewKey<'a> {
    id: &'a AppId,
    key: &'a AppKey,
    secret: &'a str,
    keys: Vec<KeyView<'a>>,
}

#[derive(Serialize)]
struct RemainingKeys<'a> {
    id: &'a AppId,
    retired: &'a str,
    keys: Vec<KeyView<'a>>,
}

pub(super) async fn run(context: &Context, arguments: RotateArguments) -> anyhow::Result<()> {
    match arguments.retire {
        Some(key) => retire(context, &arguments.id, &key.into_inner()).await,
        None => rotate(context, &arguments.id).await,
    }
}

/// Adds a key and prints it with the lines for `.env`. Older keys keep working.
async fn rotate(context: &Context, id: &AppId) -> anyhow::Result<()> {
    let credential = Credential::random();
    let app = context.registry().await?.rotate(id, &credential).await?.with_context(|| unknown(id))?;
    let Credential { key, secret, .. } = &credential;
    let address = context.address();
    let setup = Setup { id, credential: &credential, address: &address, show_secret: true };
    let text = format!(
        "# A new key. Older keys keep working until `clairon app rotate {id} --retire KEY`.\n{}\n{setup}",
        key_lines(&KeyView::public_of(&app))
    );
    context.tell(&text, &NewKey { id, key, secret: secret.expose(), keys: KeyView::public_of(&app) })
}

async fn retire(context: &Context, id: &AppId, key: &str) -> anyhow::Result<()> {
    let app = context.registry().await?.retire(id, key).await?.with_context(|| unknown(id))?;
    let text = format!("# retired {key}; the remaining keys:\n{}", key_lines(&KeyView::public_of(&app)));
    context.tell(&text, &RemainingKeys { id, retired: key, keys: KeyView::public_of(&app) })?;
    if context.declared(id).is_some_and(|declared| declared.find(key).is_some()) {
        eprintln!(
            "note: these settings declare the app {id} with this key: the next start of a server with them restores it, \
             in place of all others"
        );
    }
    Ok(())
}
