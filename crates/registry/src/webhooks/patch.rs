//! New values for the fields of an endpoint.

use clairon_protocol::Secret;

use super::{
    channels::ChannelGlobs,
    headers::HeaderPatch,
    kind::WebhookKinds,
    url::WebhookUrl,
    webhook::{Webhook, WebhookState},
};

/// Some fields of an endpoint. `None`: the field stays as it is.
#[derive(Clone, Debug, Default)]
pub struct WebhookPatch {
    /// [`Webhook::url`].
    pub url: Option<WebhookUrl>,
    /// [`Webhook::events`].
    pub events: Option<WebhookKinds>,
    /// [`Webhook::channels`].
    pub channels: Option<ChannelGlobs>,
    /// [`Webhook::headers`], all of them.
    pub headers: Option<HeaderPatch>,
    /// [`Webhook::state`]. An endpoint that is already disabled keeps its reason.
    pub enabled: Option<bool>,
    /// [`Webhook::secret`].
    pub secret: Option<Option<Secret>>,
}

impl WebhookPatch {
    /// True if every field stays as it is.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        let Self { url, events, channels, headers, enabled, secret } = self;
        url.is_none()
            && events.is_none()
            && channels.is_none()
            && headers.is_none()
            && enabled.is_none()
            && secret.is_none()
    }

    /// Sets these fields of `webhook`.
    pub fn apply(&self, webhook: &mut Webhook) {
        set(&mut webhook.url, self.url.as_ref());
        set(&mut webhook.events, self.events.as_ref());
        set(&mut webhook.channels, self.channels.as_ref());
        if let Some(headers) = &self.headers {
            webhook.headers = headers.apply(&webhook.headers);
        }
        set(&mut webhook.secret, self.secret.as_ref());
        if let Some(enabled) = self.enabled.filter(|enabled| *enabled != webhook.is_enabled()) {
            webhook.state = WebhookState::of(enabled);
        }
    }
}

fn set<T: Clone>(field: &mut T, value: Option<&T>) {
    if let Some(value) = value {
        field.clone_from(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_changes_what_it_names() {
        let before = Webhook {
            state: WebhookState::disabled("it answered 410"),
            secret: Webhook::parse_secret("s").unwrap(),
            ..Webhook::new(WebhookUrl::parse("http://a.test").unwrap())
        };
        let patched = |patch: WebhookPatch| {
            let mut after = before.clone();
            patch.apply(&mut after);
            after
        };
        assert!(WebhookPatch::default().is_empty());
        assert_eq!(patched(WebhookPatch::default()), before);
        let url = WebhookUrl::parse("http://b.test").unwrap();
        assert_eq!(
            patched(WebhookPatch { url: Some(url.clone()), secret: Some(None), ..WebhookPatch::default() }),
            Webhook { url, secret: None, ..before.clone() }
        );
        let enabled = |enabled| patched(WebhookPatch { enabled: Some(enabled), ..WebhookPatch::default() });
        assert_eq!(enabled(false), before);
        assert!(enabled(true).is_enabled());
    }
}
