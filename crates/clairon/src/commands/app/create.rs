//! `clairon app create`

use clairon_protocol::Secret;
use clairon_registry::{App, AppRegistry, Credential};

use super::view::AppView;
use crate::{
    cli::{CreateArguments, Hidden},
    commands::print,
    config::{AppDefaults, Problems},
};

/// Creates an app and prints it with its secret, which has to get to its backend somehow.
pub(super) async fn run(
    registry: &dyn AppRegistry,
    arguments: CreateArguments,
    defaults: AppDefaults,
    json: bool,
) -> anyhow::Result<()> {
    let random = defaults.apply(App::random());
    let credential = Credential::random();
    let credential = Credential {
        key: arguments.key.unwrap_or(credential.key),
        secret: arguments.secret.map(parse_secret).transpose()?.unwrap_or(credential.secret),
        ..credential
    };
    let app =
        App { name: arguments.name, id: arguments.id.unwrap_or(random.id), credentials: credential.into(), ..random };
    registry.create(&app).await?;
    print(AppView::with_secret(&app).text(json)?);
    Ok(())
}

fn parse_secret(secret: Hidden) -> Result<Secret, Problems> {
    Secret::parse(&secret.into_inner()).map_err(|error| Problems::one(format_args!("--secret: {error}")))
}
