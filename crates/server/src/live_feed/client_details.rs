//! What a client says of itself when it connects.

use clairon_registry::AppCache;
use http::{HeaderMap, HeaderName, header};
use serde::Serialize;
use utoipa::ToSchema;

use super::text::Text;

/// What a client says of itself in its handshake. Only recorded activities have it: a connection keeps no such text.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ClientDetails {
    /// Its library with the version, such as `js 8.4.0` for pusher-js.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    library: Option<Text>,
    /// The origin of its page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    origin: Option<Text>,
    /// Its browser or program.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    user_agent: Option<Text>,
}

impl ClientDetails {
    pub(crate) fn new(library: Option<&str>, headers: &HeaderMap) -> Self {
        let header =
            |name: HeaderName| headers.get(name).map(|value| Text::of(&String::from_utf8_lossy(value.as_bytes())));
        Self { library: library.map(Text::of), origin: header(header::ORIGIN), user_agent: header(header::USER_AGENT) }
    }

    const fn texts(&self) -> [&Option<Text>; 3] {
        [&self.library, &self.origin, &self.user_agent]
    }

    pub(super) fn make_presentable(&mut self, apps: &AppCache) {
        for text in [&mut self.library, &mut self.origin, &mut self.user_agent].into_iter().flatten() {
            text.make_presentable(apps);
        }
    }

    pub(super) fn mentions(&self, text: &str) -> bool {
        self.texts().into_iter().flatten().any(|own| own.as_str().contains(text))
    }

    /// The memory that it takes, in bytes.
    pub(super) fn weight(&self) -> usize {
        size_of::<Self>() + self.texts().into_iter().flatten().map(|text| text.as_str().len()).sum::<usize>()
    }
}
