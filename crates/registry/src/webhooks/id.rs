//! Ids of endpoints.

use std::fmt;

use clairon_protocol::AppId;
use sha2::{Digest, Sha256};

use super::url::WebhookUrl;
use crate::hex_text;

/// The number of bytes in an id. Each is written as two hexadecimal digits.
const BYTES: usize = 6;

/// The id of an endpoint, unique within its app: 12 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WebhookId(Box<str>);

impl WebhookId {
    /// Parses an id. `None` if the text has another form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        hex_text::is_hex::<BYTES>(text).then(|| Self(text.into()))
    }

    /// A random id.
    ///
    /// # Panics
    /// The operating system has no random numbers.
    #[must_use]
    pub fn random() -> Self {
        Self(hex_text::random::<BYTES>().into())
    }

    /// The id of an endpoint that settings declare. It is the same at each start, also if the password in the URL
    /// changes, so that the endpoint keeps its pending events. `number` counts the endpoints of the app with the same
    /// URL, from 0.
    #[must_use]
    pub fn derived(app: &AppId, url: &WebhookUrl, number: usize) -> Self {
        let digest = Sha256::digest(format!("{app}\n{number}\n{}", url.target()));
        Self(hex::encode(&digest[..BYTES]).into())
    }

    /// The text of the id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WebhookId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_12_digits() {
        let id = WebhookId::random();
        assert_eq!(WebhookId::parse(id.as_str()), Some(id.clone()));
        assert_ne!(id, WebhookId::random());
        for text in ["", "0123456789a", "0123456789abc", "0123456789aB", "0123456789ag"] {
            assert_eq!(WebhookId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_derived_id_depends_on_app_url_and_number() {
        let [one, two] = ["1", "2"].map(|id| AppId::parse(id).unwrap());
        let derived =
            |app: &AppId, url: &str, number| WebhookId::derived(app, &WebhookUrl::parse(url).unwrap(), number);
        let id = derived(&one, "http://a.test/", 0);
        assert_eq!(WebhookId::parse(id.as_str()), Some(id.clone()));
        assert_eq!(derived(&one, "http://user:password@a.test", 0), id);
        for other in
            [derived(&two, "http://a.test/", 0), derived(&one, "http://b.test/", 0), derived(&one, "http://a.test/", 1)]
        {
            assert_ne!(other, id);
        }
    }
}
