//! What an import would do.

use clairon_client::quote;
use clairon_registry::App;

/// The apps of a source, and what is left behind.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What was read.
    pub source: String,
    /// The apps that can be created.
    pub apps: Vec<PlannedApp>,
    /// What has no equivalent, or could not be read, beside the apps. No line shows a secret.
    pub notes: Vec<String>,
}

/// An app as it would be created.
#[derive(Clone, Debug)]
pub struct PlannedApp {
    /// The app.
    pub app: App,
    /// What of it has no equivalent, or could not be read.
    pub notes: Vec<String>,
}

impl Plan {
    pub(crate) fn new(source: impl Into<String>) -> Self {
        Self { source: source.into(), apps: Vec::new(), notes: Vec::new() }
    }

    /// Takes an app, or the reason why it is none.
    pub(crate) fn add(&mut self, app: Result<PlannedApp, String>) {
        match app {
            Ok(app) => self.apps.push(app),
            Err(reason) => self.notes.push(reason),
        }
    }

    /// Makes the notes fit for a terminal: names and values in them are the source's own.
    pub(crate) fn quote_notes(&mut self) {
        let planned = self.apps.iter_mut().flat_map(|planned| &mut planned.notes);
        for note in planned.chain(&mut self.notes) {
            *note = quote(note);
        }
    }
}
