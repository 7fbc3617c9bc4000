//! The plan of an import.

use clairon_protocol::quote;
use clairon_registry::App;

use crate::error::RecordError;

/// The apps of a source, and notes about everything that is not imported.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The name of the source.
    pub source: String,
    /// The apps that can be created.
    pub apps: Vec<PlannedApp>,
    /// Notes about the server: parts without an equivalent, or unreadable ones. No note shows a secret.
    pub notes: Vec<String>,
}

/// An app to create.
#[derive(Clone, Debug)]
pub struct PlannedApp {
    /// The app.
    pub app: App,
    /// Notes about its fields that have no equivalent or could not be read.
    pub notes: Vec<String>,
}

impl Plan {
    pub(crate) fn new(source: impl Into<String>) -> Self {
        Self { source: source.into(), apps: Vec::new(), notes: Vec::new() }
    }

    /// Adds an app, or a note why the record at `place` is none.
    pub(crate) fn add(&mut self, place: &str, app: Result<PlannedApp, RecordError>) {
        match app {
            Ok(app) => self.apps.push(app),
            Err(error) => self.notes.push(format!("{place}: {error}")),
        }
    }

    /// Quotes the notes for a terminal, because names and values in them come from the source.
    pub(crate) fn quote_notes(&mut self) {
        let planned = self.apps.iter_mut().flat_map(|planned| &mut planned.notes);
        for note in planned.chain(&mut self.notes) {
            *note = quote(note);
        }
    }
}
