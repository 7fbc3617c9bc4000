//! The app of a test's server.

use toml::{Table, Value};

/// An app's credentials, and its fields that differ from the defaults.
#[derive(Clone, Debug)]
pub struct App {
    /// The app's id, a part of the paths of the HTTP API.
    pub id: String,
    /// The key with which clients connect.
    pub key: String,
    /// The secret that signs requests and subscriptions.
    pub secret: String,
    pub(crate) fields: Table,
}

impl App {
    /// An app with credentials derived from its name, so two apps of a test never have the same.
    ///
    /// The id is the name in decimal, because Pusher's Python library accepts only digits.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            id: name.bytes().map(|byte| byte.to_string()).collect(),
            key: format!("{name}-key"),
            secret: format!("{name}-secret-0123456789abcdef"),
            fields: Table::new(),
        }
    }

    /// Sets a field by its name in the settings, such as `client_messages` or `presence_members`.
    #[must_use]
    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(field.to_owned(), value.into());
        self
    }

    /// The variables that declare this app, like in a Laravel `.env`.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let credentials = [("ID", &self.id), ("KEY", &self.key), ("SECRET", &self.secret)]
            .map(|(name, value)| (format!("PUSHER_APP_{name}"), value.clone()));
        let fields =
            self.fields.iter().map(|(name, value)| (format!("CLAIRON_APP_{}", name.to_uppercase()), plain(value)));
        credentials.into_iter().chain(fields).collect()
    }

    /// The `[[apps]]` table that declares this app in a settings file.
    pub(crate) fn table(&self) -> Table {
        let mut table = self.fields.clone();
        for (name, value) in [("id", &self.id), ("key", &self.key), ("secret", &self.secret)] {
            table.insert(name.to_owned(), Value::String(value.clone()));
        }
        table
    }
}

/// The form of a value in an environment variable: text without quotes, lists with commas.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_written_as_environment_variables() {
        let app = App::new("chat")
            .with("client_messages", true)
            .with("capacity", 2)
            .with("allowed_origins", vec!["https://a.test", "https://b.test"]);
        let environment = app.environment();
        for (name, value) in [
            ("PUSHER_APP_KEY", "chat-key"),
            ("CLAIRON_APP_CLIENT_MESSAGES", "true"),
            ("CLAIRON_APP_CAPACITY", "2"),
            ("CLAIRON_APP_ALLOWED_ORIGINS", "https://a.test,https://b.test"),
        ] {
            assert!(environment.contains(&(name.to_owned(), value.to_owned())), "{name} in {environment:?}");
        }
    }
}
