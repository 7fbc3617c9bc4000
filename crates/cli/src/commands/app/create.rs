//! `clairon app create`

use clairon_protocol::{AppKey, Secret};
use clairon_registry::{App, Credential};

use super::{Context, from_env, view::AppView};
use crate::{
    cli::{CreateArguments, Hidden},
    commands::{open, print, setup::Setup},
    config::{AppChanges, Problems},
};

/// Creates an app and prints it. The secret is printed because the backend needs it, unless it comes from the backend's
/// `.env`.
pub(super) async fn run(context: &Context, arguments: CreateArguments) -> anyhow::Result<()> {
    let changes = AppChanges::read(arguments.fields.0)?;
    let random = context.settings.random_app();
    let (id, credential) = match &arguments.from_env {
        Some(path) => from_env::read(path)?,
        None => (arguments.id.unwrap_or(random.id), credential(arguments.key, arguments.secret)?),
    };
    let mut app = App { id, credentials: credential.into(), ..random };
    changes.apply(&mut app);
    // Arguments are checked before this call, which may create the database: apps may be created before the first
    // start.
    open(&context.settings.database).await?.create(&app).await?;
    let show_secret = arguments.from_env.is_none();
    let view = if show_secret { AppView::with_secrets(&app) } else { AppView::public(&app) };
    print(view.text(context.json)?);
    if !context.json {
        let address = context.address();
        let setup = Setup { id: &app.id, credential: app.credentials.newest(), address: &address, show_secret };
        print(format_args!("\n{setup}"));
    }
    Ok(())
}

/// Values that are not given are random.
fn credential(key: Option<AppKey>, secret: Option<Hidden>) -> Result<Credential, Problems> {
    let random = Credential::random();
    let secret = secret.map(parse_secret).transpose()?;
    Ok(Credential { key: key.unwrap_or(random.key), secret: secret.unwrap_or(random.secret), ..random })
}

fn parse_secret(secret: Hidden) -> Result<Secret, Problems> {
    Secret::parse(&secret.into_inner()).map_err(|error| Problems::one(format_args!("--secret: {error}")))
}
