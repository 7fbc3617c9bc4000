//! The app that a test wants the server to serve.

use toml::{Table, Value};

/// An app's credentials and whichever of its fields differ from the defaults.
#[derive(Clone, Debug)]
pub struct App {
    /// The app's id, as it stands in the paths of the HTTP API.
    pub id: String,
    /// The key that clients connect with.
    pub key: String,
    /// The secret that signs requests and subscriptions.
    pub secret: String,
    pub(crate) fields: Table,
}

impl App {
    /// An app whose credentials follow from its name, so that two apps of one test never share any.
    ///
    /// The id is the name in decimal, because Pusher's Python library takes nothing but digits.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            id: name.bytes().map(|byte| byte.to_string()).collect(),
            key: format!("{name}-key"),
            secret: format!("{name}-secret-0123456789abcdef"),
            fields: Table::new(),
        }
    }

    /// Sets one field by the name it has in the settings, such as `client_messages` or `presence_members`.
    #[must_use]
    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(field.to_owned(), value.into());
        self
    }

    /// The environment that declares this app, as a Laravel `.env` would.
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

/// A value as it is written in an environment variable: text without quotes, lists with commas.
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
