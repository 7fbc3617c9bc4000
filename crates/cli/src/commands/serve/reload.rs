//! SIGHUP: the settings are read again.

use std::{future::pending, sync::Arc};

use clairon_logging::LogFilter;
use clairon_registry::Registry;
use clairon_server::ServerHandle;
use tokio::signal::unix::Signal;
use tracing::{error, info, warn};

use super::apps;

use crate::config::{SettingValues, Settings, Sources};

/// Reads the settings again and applies what can be changed while the server runs.
pub(super) struct Reload<'a> {
    pub(super) sources: Sources,
    /// The values with which the server works.
    pub(super) running: SettingValues,
    pub(super) registry: Arc<dyn Registry>,
    pub(super) server: ServerHandle,
    pub(super) filter: &'a LogFilter,
}

impl Reload<'_> {
    /// Reads the settings on each signal, as long as the server runs.
    pub(super) async fn run(mut self, mut hangup: Signal) {
        while hangup.recv().await.is_some() {
            self.reload().await;
        }
        pending::<()>().await;
    }

    async fn reload(&mut self) {
        let settings = match Settings::load(self.sources.clone()) {
            Ok(settings) => settings,
            Err(problems) => {
                for problem in problems.lines() {
                    error!(signal = SIGHUP, "{problem}");
                }
                error!(signal = SIGHUP, "the settings have problems: nothing changes");
                return;
            }
        };
        settings.remarks.log();
        let values = settings.values.clone();
        let changed = self.running.changed(&values);
        let (mut applied, mut needs_restart) = (Vec::new(), changed.clone());
        for (prefixes, apply) in APPLICABLE {
            let names: Vec<_> =
                changed.iter().copied().filter(|name| prefixes.iter().any(|it| name.starts_with(it))).collect();
            if names.is_empty() {
                continue;
            }
            let outcome = apply(self, &settings);
            if outcome != Outcome::NeedsRestart {
                needs_restart.retain(|name| !names.contains(name));
            }
            if outcome == Outcome::Applied {
                applied.extend(names);
            }
        }
        for name in &applied {
            self.running.take(name, &values);
        }
        // The files may have changed although their names have not.
        self.server.reload_certificates().await;
        self.declare(&settings).await;
        let (changed, needs_restart) = (applied.join(", "), needs_restart.join(", "));
        if needs_restart.is_empty() {
            info!(signal = SIGHUP, changed, "the settings are read again");
        } else {
            warn!(
                signal = SIGHUP,
                changed, needs_restart, "the settings are read again: some need a restart of the server"
            );
        }
    }

    async fn declare(&self, settings: &Settings) {
        if settings.apps.is_empty() {
            return;
        }
        if let Err(error) = apps::declare(self.registry.as_ref(), &settings.apps).await {
            error!(signal = SIGHUP, %error, "the declared apps could not be written");
        } else if let Err(error) = self.server.refresh().await {
            error!(signal = SIGHUP, %error, "the apps could not be read again");
        }
    }

    fn set_limits(&self, settings: &Settings) -> Outcome {
        self.server.set_default_limits(settings.limits);
        Outcome::Applied
    }

    fn set_filter(&self, settings: &Settings) -> Outcome {
        match self.filter.replace(&settings.log.filter) {
            Ok(()) => Outcome::Applied,
            Err(error) => {
                error!(signal = SIGHUP, %error, "the filter of the log stays as it is");
                Outcome::Failed
            }
        }
    }

    fn set_certificates(&self, settings: &Settings) -> Outcome {
        match self.server.replace_certificates(&settings.server.tls) {
            Ok(true) => Outcome::Applied,
            Ok(false) => Outcome::NeedsRestart,
            Err(error) => {
                error!(signal = SIGHUP, %error, "the certificates stay as they are");
                Outcome::Failed
            }
        }
    }
}

const SIGHUP: &str = "SIGHUP";

/// What became of changed settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Applied,
    /// They are invalid, which is logged.
    Failed,
    NeedsRestart,
}

/// Applies settings.
type Apply = for<'a> fn(&Reload<'a>, &Settings) -> Outcome;

/// The prefixes of the settings that a running server can take, and how it does. All others need a restart.
const APPLICABLE: [(&[&str], Apply); 3] = [
    (&["limits."], |reload, settings| reload.set_limits(settings)),
    (&["log.level"], |reload, settings| reload.set_filter(settings)),
    (&["tls.certificate", "tls.key"], |reload, settings| reload.set_certificates(settings)),
];
