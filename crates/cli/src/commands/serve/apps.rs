//! The apps at the start of a server.

use clairon_protocol::AppId;
use clairon_registry::{App, AppRegistry, Declared, RegistryError};
use tracing::{debug, info, warn};

use crate::config::Settings;

/// The apps in the registry at the start.
pub(super) struct Apps {
    pub(super) ids: Vec<AppId>,
    /// The first enabled app, which is shown to a new operator.
    pub(super) first: Option<App>,
    /// True if that app was created by this start.
    pub(super) is_new: bool,
    /// True if the registry had no apps before this start.
    pub(super) is_first: bool,
}

impl Apps {
    /// Declares the apps of the settings. If there are none, creates an app unless the registry has one.
    pub(super) async fn prepare(registry: &dyn AppRegistry, settings: &Settings) -> anyhow::Result<Self> {
        let is_first = registry.list().await?.is_empty();
        if !settings.apps.is_empty() {
            declare(registry, &settings.apps).await?;
        }
        let is_new = settings.apps.is_empty() && registry.create_first(&settings.random_app()).await?;
        let apps = registry.list().await?;
        apps.iter().for_each(warn_of_switches);
        let ids = apps.iter().map(|app| app.id.clone()).collect();
        Ok(Self { ids, first: apps.into_iter().find(|app| app.enabled), is_new, is_first })
    }
}

/// Warns about endpoints that list kinds of events which a switch of the app turns off.
fn warn_of_switches(app: &App) {
    for webhook in app.webhooks.iter().filter(|webhook| webhook.is_enabled()) {
        for (kind, switch) in app.kinds_switched_off(webhook) {
            warn!(app = %app.id, webhook = %webhook.id, "there is no {kind} for this endpoint while {switch} of the app is off");
        }
    }
}

/// Creates and updates the apps of the settings, and logs how many.
pub(super) async fn declare(registry: &dyn AppRegistry, apps: &[App]) -> Result<(), RegistryError> {
    let outcomes = registry.declare(apps).await?;
    for (app, outcome) in apps.iter().zip(&outcomes) {
        debug!(app = %app.id, ?outcome, "app declared");
    }
    let count = |outcome| outcomes.iter().filter(|other| **other == outcome).count();
    let [created, updated, unchanged] = [Declared::Created, Declared::Updated, Declared::Unchanged].map(count);
    info!(created, updated, unchanged, "apps declared");
    Ok(())
}
