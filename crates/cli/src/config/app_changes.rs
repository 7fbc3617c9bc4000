//! New values for the fields of an app.

use clairon_registry::{App, FieldValue};

use super::{
    app::read_fields,
    fields::{Entry, Fields, Value},
    problem::Problems,
};

/// New values of fields. Each is valid by itself and together with the others.
pub(crate) struct AppChanges(Vec<FieldValue>);

/// The flag for a field, without its dashes.
pub(crate) fn app_flag(field: &str) -> String {
    field.replace('_', "-")
}

impl AppChanges {
    /// Parses the values given for these fields.
    ///
    /// # Errors
    /// The problems, in the form of problems of settings.
    pub(crate) fn read(given: Vec<(&'static str, String)>) -> Result<Self, Problems> {
        let entry = |name, value| Entry { written: format!("--{}", app_flag(name)), value: Value::Text(value) };
        let given = given.into_iter().map(|(name, value)| (name.to_owned(), entry(name, value))).collect();
        let mut problems = Problems::default();
        let changes = Self(read_fields(&mut Fields::new(&given, &mut problems)));
        let mut trial = App::random();
        changes.apply(&mut trial);
        if let Err(error) = trial.validate() {
            problems.add(error);
        }
        if problems.is_empty() { Ok(changes) } else { Err(problems) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn apply(&self, app: &mut App) {
        self.0.iter().for_each(|value| value.give_to(app));
    }
}
