//! An endpoint of an app.

use clairon_protocol::Secret;

use super::{
    HIDDEN,
    channels::ChannelGlobs,
    headers::WebhookHeaders,
    id::WebhookId,
    invalid::InvalidWebhook,
    kind::{WebhookKind, WebhookKinds},
    url::WebhookUrl,
};

/// The longest reason of a disabled endpoint, in characters.
const REASON_CHARS: usize = 200;

/// An endpoint: a URL of an app's backend that receives events of the app's channels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// The id in commands and in the admin API.
    pub id: WebhookId,
    /// The URL that receives deliveries.
    pub url: WebhookUrl,
    /// The kinds of events that it receives.
    pub events: WebhookKinds,
    /// The channels whose events it receives.
    pub channels: ChannelGlobs,
    /// Additional headers of its requests.
    pub headers: WebhookHeaders,
    /// The secret that signs deliveries. `None`: the newest secret of the app.
    pub secret: Option<Secret>,
    /// Whether it receives events.
    pub state: WebhookState,
    /// True if settings declare it. A server that starts with them replaces it by the declaration.
    pub declared: bool,
}

/// Whether an endpoint is enabled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum WebhookState {
    /// It receives events.
    #[default]
    Enabled,
    /// It receives no events.
    Disabled {
        /// The reason why the server disabled it; at most 200 characters. `None`: an operator disabled it.
        reason: Option<Box<str>>,
    },
}

impl Webhook {
    /// A new endpoint with a random id that receives every kind of event of every channel.
    ///
    /// # Panics
    /// The operating system has no random numbers.
    #[must_use]
    pub fn new(url: WebhookUrl) -> Self {
        Self {
            id: WebhookId::random(),
            url,
            events: WebhookKinds::default(),
            channels: ChannelGlobs::default(),
            headers: WebhookHeaders::default(),
            secret: None,
            state: WebhookState::Enabled,
            declared: false,
        }
    }

    /// Parses a secret. `None` for an empty text, which means the newest secret of the app.
    ///
    /// # Errors
    /// It does not have a valid form, or it is the `…` that replaces secrets in output.
    pub fn parse_secret(text: &str) -> Result<Option<Secret>, InvalidWebhook> {
        match text {
            "" => Ok(None),
            HIDDEN => Err(InvalidWebhook::HiddenSecret),
            text => Ok(Some(Secret::parse(text)?)),
        }
    }

    /// True if the endpoint receives events of this kind in this channel.
    #[must_use]
    pub fn takes(&self, kind: WebhookKind, channel: &str) -> bool {
        self.is_enabled() && self.events.contains(kind) && self.channels.contain(channel)
    }

    /// True if it is enabled.
    #[must_use]
    pub const fn is_enabled(&self) -> bool {
        matches!(self.state, WebhookState::Enabled)
    }

    /// Checks what the types of the fields do not.
    ///
    /// # Errors
    /// Its requests would have two headers of the same name.
    pub fn validate(&self) -> Result<(), InvalidWebhook> {
        if self.url.has_user() && self.headers.has("Authorization") {
            return Err(InvalidWebhook::TwoAuthorizations);
        }
        Ok(())
    }
}

impl WebhookState {
    /// Enabled or disabled by an operator.
    #[must_use]
    pub const fn of(is_enabled: bool) -> Self {
        if is_enabled { Self::Enabled } else { Self::Disabled { reason: None } }
    }

    /// Disabled by the server, with a reason. Its first 200 characters are kept.
    #[must_use]
    pub fn disabled(reason: &str) -> Self {
        Self::Disabled { reason: Some(reason.chars().take(REASON_CHARS).collect::<String>().into()) }
    }

    /// The reason why the server disabled it.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Disabled { reason } => reason.as_deref(),
            Self::Enabled => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_takes_what_it_asks_for() {
        let mut webhook = Webhook::new(WebhookUrl::parse("http://a.test").unwrap());
        assert!(webhook.takes(WebhookKind::CacheMiss, "cache-a"));
        webhook.events = WebhookKinds::parse(&["member_added"]).unwrap();
        webhook.channels = ChannelGlobs::parse(&["presence-*"]).unwrap();
        assert!(webhook.takes(WebhookKind::MemberAdded, "presence-a"));
        assert!(!webhook.takes(WebhookKind::MemberRemoved, "presence-a"));
        assert!(!webhook.takes(WebhookKind::MemberAdded, "private-a"));
        webhook.state = WebhookState::disabled(&"x".repeat(300));
        assert!(!webhook.takes(WebhookKind::MemberAdded, "presence-a"));
        assert_eq!(webhook.state.reason().unwrap().len(), 200);
    }

    #[test]
    fn a_request_has_one_authorization() {
        let mut webhook = Webhook::new(WebhookUrl::parse("http://u:p@a.test").unwrap());
        webhook.validate().unwrap();
        webhook.headers = WebhookHeaders::parse([("authorization", "Bearer x")]).unwrap();
        assert_eq!(webhook.validate().unwrap_err().field(), "headers");
        webhook.url = WebhookUrl::parse("http://a.test").unwrap();
        webhook.validate().unwrap();
    }

    #[test]
    fn an_empty_secret_is_that_of_the_app() {
        assert_eq!(Webhook::parse_secret("").unwrap(), None);
        assert_eq!(Webhook::parse_secret("s").unwrap(), Some(Secret::parse("s").unwrap()));
        assert!(Webhook::parse_secret("…").is_err() && Webhook::parse_secret("a\nb").is_err());
    }
}
