//! One endpoint of an app.

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

/// The longest reason for which an endpoint is off, in characters.
const REASON_CHARS: usize = 200;

/// An endpoint: where an app's backend hears what happens in its channels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// What commands and the admin API call it.
    pub id: WebhookId,
    /// Where deliveries go.
    pub url: WebhookUrl,
    /// The kinds of events that it gets.
    pub events: WebhookKinds,
    /// The channels of which it hears.
    pub channels: ChannelGlobs,
    /// Headers beside those of the protocol.
    pub headers: WebhookHeaders,
    /// What deliveries are signed with. `None`: the newest secret of the app.
    pub secret: Option<Secret>,
    /// Whether it gets anything at all.
    pub state: WebhookState,
    /// True if settings declare it: a server that starts with them replaces it by what they say.
    pub declared: bool,
}

/// Whether an endpoint is on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum WebhookState {
    /// It gets what it asks for.
    #[default]
    Enabled,
    /// It gets nothing.
    Disabled {
        /// Why the server has switched it off; at most 200 characters. `None`: an operator has.
        reason: Option<Box<str>>,
    },
}

impl Webhook {
    /// A new endpoint with a random id that gets every kind of event of every channel.
    ///
    /// # Panics
    /// When the operating system has no random numbers to give.
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

    /// Reads a secret. `None` for an empty text, which stands for the newest secret of the app.
    ///
    /// # Errors
    /// When it has not the form of a secret, or is the `…` that stands for one.
    pub fn parse_secret(text: &str) -> Result<Option<Secret>, InvalidWebhook> {
        match text {
            "" => Ok(None),
            HIDDEN => Err(InvalidWebhook::HiddenSecret),
            text => Ok(Some(Secret::parse(text)?)),
        }
    }

    /// True for an event of this kind in this channel that the endpoint gets.
    #[must_use]
    pub fn takes(&self, kind: WebhookKind, channel: &str) -> bool {
        self.is_enabled() && self.events.contains(kind) && self.channels.contain(channel)
    }

    /// True while it is on.
    #[must_use]
    pub const fn is_enabled(&self) -> bool {
        matches!(self.state, WebhookState::Enabled)
    }

    /// Checks what the types of the fields do not.
    ///
    /// # Errors
    /// When a request would have two headers of one name.
    pub fn validate(&self) -> Result<(), InvalidWebhook> {
        if self.url.has_user() && self.headers.has("Authorization") {
            return Err(InvalidWebhook::TwoAuthorizations);
        }
        Ok(())
    }
}

impl WebhookState {
    /// On or off, as an operator says.
    #[must_use]
    pub const fn of(is_enabled: bool) -> Self {
        if is_enabled { Self::Enabled } else { Self::Disabled { reason: None } }
    }

    /// Off, for a reason that the server has found. Only its first 200 characters are kept.
    #[must_use]
    pub fn disabled(reason: &str) -> Self {
        Self::Disabled { reason: Some(reason.chars().take(REASON_CHARS).collect::<String>().into()) }
    }

    /// Why the server has switched the endpoint off.
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
