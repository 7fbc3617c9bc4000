//! New values for the fields of an app that is stored.

use clairon_registry::App;

use super::{
    app::read_fields,
    fields::{Entry, Fields, Table, Value},
    problem::Problems,
};

/// Values of fields, each of which is right by itself and beside the others.
pub(crate) struct AppChanges(Table);

/// The flag that sets a field, without its dashes.
pub(crate) fn app_flag(field: &str) -> String {
    field.replace('_', "-")
}

impl AppChanges {
    /// Reads what was given for fields with these names.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the words that the settings have for it.
    pub(crate) fn read(given: Vec<(&'static str, String)>) -> Result<Self, Problems> {
        let entry = |name, value| Entry { written: format!("--{}", app_flag(name)), value: Value::Text(value) };
        let changes = Self(given.into_iter().map(|(name, value)| (name.to_owned(), entry(name, value))).collect());
        let mut problems = Problems::default();
        let mut trial = App::random();
        read_fields(&mut Fields::new(&changes.0, &mut problems), &mut trial);
        if let Err(error) = trial.validate() {
            problems.add(error);
        }
        if problems.is_empty() { Ok(changes) } else { Err(problems) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn apply(&self, app: &mut App) {
        // None is found: they were all read before.
        let mut problems = Problems::default();
        read_fields(&mut Fields::new(&self.0, &mut problems), app);
    }
}
