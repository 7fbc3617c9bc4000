//! The endpoints of an app, which receive the events of its channels.

mod channels;
mod headers;
mod id;
mod invalid;
mod kind;
mod patch;
mod shown;
mod url;
mod webhook;

use std::collections::{HashMap, HashSet};

use clairon_protocol::AppId;

use self::kind::Wanted;
pub use self::{
    channels::{CHANNEL_GLOB_BYTES, CHANNEL_GLOBS, ChannelGlobs},
    headers::{HEADER_NAME_BYTES, HEADER_VALUE_BYTES, HEADERS, HeaderPatch, WebhookHeaders},
    id::WebhookId,
    invalid::{HeaderFault, InvalidWebhook, UrlFault},
    kind::{WebhookKind, WebhookKinds},
    patch::WebhookPatch,
    shown::ShownWebhook,
    url::{URL_BYTES, WebhookUrl},
    webhook::{Webhook, WebhookState},
};
use crate::{error::RegistryError, row_fault::RowFault, wrong_size::WrongSize};

/// The most endpoints that an app may have.
pub const WEBHOOKS: usize = 20;

/// Replaces a secret in output. No field of an endpoint accepts it.
const HIDDEN: &str = "…";

/// The endpoints of an app, in the order in which they were added.
///
/// The set of kinds that they receive is computed when the list changes. Testing an event that no endpoint wants costs
/// one bit test.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Webhooks {
    list: Vec<Webhook>,
    wanted: Wanted,
}

impl Webhooks {
    /// The name of the app's field.
    pub const FIELD: &'static str = "webhooks";

    /// True if an enabled endpoint receives events of this kind, in any channel.
    #[must_use]
    pub const fn wants(&self, kind: WebhookKind) -> bool {
        self.wanted.contains(kind)
    }

    /// All endpoints.
    pub fn iter(&self) -> std::slice::Iter<'_, Webhook> {
        self.list.iter()
    }

    /// The endpoint with this id.
    #[must_use]
    pub fn find(&self, id: &WebhookId) -> Option<&Webhook> {
        self.list.iter().find(|webhook| webhook.id == *id)
    }

    /// The number of endpoints.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.list.len()
    }

    /// True if there are no endpoints.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Adds an endpoint at the end.
    pub fn add(&mut self, webhook: Webhook) {
        self.list.push(webhook);
        self.find_wanted();
    }

    /// Applies `change` to an endpoint. False if the endpoint does not exist.
    pub fn change(&mut self, id: &WebhookId, change: impl FnOnce(&mut Webhook)) -> bool {
        let found = self.list.iter_mut().find(|webhook| webhook.id == *id);
        let is_there = found.map(change).is_some();
        self.find_wanted();
        is_there
    }

    /// Removes an endpoint. False if it did not exist.
    pub fn remove(&mut self, id: &WebhookId) -> bool {
        let before = self.list.len();
        self.list.retain(|webhook| webhook.id != *id);
        self.find_wanted();
        self.list.len() < before
    }

    /// Marks all endpoints as declared for this app, and sets their ids.
    pub(crate) fn declare(&mut self, app: &AppId) {
        let mut seen = HashMap::new();
        for webhook in &mut self.list {
            let number = seen.entry(webhook.url.target().to_owned()).or_insert(0);
            webhook.id = WebhookId::derived(app, &webhook.url, *number);
            webhook.declared = true;
            *number += 1;
        }
    }

    /// Adds the undeclared endpoints of `stored`, so that declaring an app does not remove them.
    pub(crate) fn keep_undeclared(&mut self, stored: &Self) {
        let others: Vec<_> =
            stored.iter().filter(|webhook| !webhook.declared && self.find(&webhook.id).is_none()).cloned().collect();
        self.list.extend(others);
        self.find_wanted();
    }

    /// Checks what the types do not: the number of endpoints, their ids, and each endpoint.
    pub(crate) fn validate(&self) -> Result<(), RegistryError> {
        WrongSize::check(Self::FIELD, self.list.len(), "entries", 0..=WEBHOOKS)?;
        let mut ids = HashSet::new();
        if let Some(twice) = self.list.iter().find(|webhook| !ids.insert(&webhook.id)) {
            return Err(RegistryError::WebhookTwice { id: twice.id.clone() });
        }
        Ok(self.list.iter().try_for_each(Webhook::validate)?)
    }

    /// The column `webhooks`: a JSON array that contains the secrets.
    pub(crate) fn encode(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(&self.list.iter().map(ShownWebhook::with_secrets).collect::<Vec<_>>())
    }

    /// Parses the column `webhooks`.
    pub(crate) fn decode(json: &str) -> Result<Self, RowFault> {
        // The error of the JSON parser may contain a secret, so it is dropped.
        let stored: Vec<ShownWebhook<'_>> =
            serde_json::from_str(json).map_err(|_| RowFault::NoWebhooks { size: json.len() })?;
        let read = |(index, stored): (usize, ShownWebhook<'_>)| {
            stored.into_webhook().map_err(|cause| RowFault::Webhook { position: index + 1, cause: Box::new(cause) })
        };
        stored.into_iter().enumerate().map(read).collect()
    }

    fn find_wanted(&mut self) {
        self.wanted = Wanted::by(self.list.iter().filter(|webhook| webhook.is_enabled()).map(|webhook| webhook.events));
    }
}

impl FromIterator<Webhook> for Webhooks {
    fn from_iter<I: IntoIterator<Item = Webhook>>(webhooks: I) -> Self {
        let mut webhooks = Self { list: webhooks.into_iter().collect(), wanted: Wanted::default() };
        webhooks.find_wanted();
        webhooks
    }
}

impl<'a> IntoIterator for &'a Webhooks {
    type Item = &'a Webhook;
    type IntoIter = std::slice::Iter<'a, Webhook>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn webhook(url: &str, kinds: &[&str]) -> Webhook {
        Webhook { events: WebhookKinds::parse(kinds).unwrap(), ..Webhook::new(WebhookUrl::parse(url).unwrap()) }
    }

    #[test]
    fn what_is_wanted_follows_each_change() {
        let wanted = |webhooks: &Webhooks| WebhookKind::ALL.map(|kind| webhooks.wants(kind));
        let mut webhooks = Webhooks::default();
        assert_eq!(wanted(&webhooks), [false; 7]);
        let member = webhook("http://a.test", &["member_added", "cache_miss"]);
        let all = webhook("http://a.test", &[]);
        webhooks.add(member.clone());
        assert_eq!(wanted(&webhooks), [false, false, true, false, false, true, false]);
        webhooks.add(all.clone());
        assert_eq!(wanted(&webhooks), [true; 7]);
        assert!(webhooks.change(&all.id, |webhook| webhook.state = WebhookState::disabled("410")));
        assert_eq!(wanted(&webhooks), [false, false, true, false, false, true, false]);
        assert!(webhooks.remove(&member.id) && !webhooks.remove(&member.id));
        assert!(!webhooks.change(&member.id, |_| ()));
        assert_eq!(wanted(&webhooks), [false; 7]);
    }

    #[test]
    fn a_list_has_at_most_20_endpoints_with_different_ids() {
        let mut webhooks: Webhooks = (0..WEBHOOKS).map(|_| webhook("http://a.test", &[])).collect();
        webhooks.validate().unwrap();
        let first = webhooks.iter().next().unwrap().clone();
        webhooks.add(first.clone());
        assert_eq!(webhooks.validate().unwrap_err().to_string(), "webhooks has 21 entries, allowed are 0 to 20");
        let twice: Webhooks = [first.clone(), first.clone()].into_iter().collect();
        assert_eq!(twice.validate().unwrap_err().to_string(), format!("the app has the endpoint {} twice", first.id));
    }

    #[test]
    fn declared_endpoints_have_the_same_ids_each_time() {
        let (one, two) = (AppId::parse("1").unwrap(), AppId::parse("2").unwrap());
        let ids = |app: &AppId, urls: &[&str]| {
            let mut webhooks: Webhooks = urls.iter().map(|url| webhook(url, &[])).collect();
            webhooks.declare(app);
            assert!(webhooks.iter().all(|webhook| webhook.declared) && webhooks.validate().is_ok());
            webhooks.iter().map(|webhook| webhook.id.clone()).collect::<Vec<_>>()
        };
        let first = ids(&one, &["http://a.test", "http://b.test", "http://a.test/"]);
        assert_eq!(first, ids(&one, &["http://a.test", "http://b.test", "http://a.test/"]));
        assert_eq!(first[1..2], ids(&one, &["http://b.test"]));
        assert_ne!(first[1..2], ids(&two, &["http://b.test"]));
    }

    #[test]
    fn secrets_are_stored_and_not_shown() {
        let url = WebhookUrl::parse("https://hunter2@a.test/?hunter2").unwrap();
        let webhooks: Webhooks = [Webhook {
            headers: WebhookHeaders::parse([("X-Shop", "hunter2")]).unwrap(),
            secret: Webhook::parse_secret("hunter2").unwrap(),
            state: WebhookState::disabled("it answered 410"),
            ..Webhook::new(url)
        }]
        .into_iter()
        .collect();
        assert_eq!(Webhooks::decode(&webhooks.encode().unwrap()).unwrap(), webhooks);
        let webhook = webhooks.iter().next().unwrap();
        let shown = serde_json::to_value(ShownWebhook::public(webhook)).unwrap();
        let id = webhook.id.as_str();
        let expected = serde_json::json!({
            "id": id, "url": "https://…@a.test/?…", "events": [], "channels": [], "headers": {"X-Shop": "…"},
            "enabled": false, "disabled_reason": "it answered 410", "secret": "…", "declared": false,
        });
        assert_eq!(shown, expected);
        assert!(!format!("{webhooks:?}").contains("hunter2"));
    }

    #[test]
    fn what_was_stored_wrongly_is_named_without_secrets() {
        for (json, error) in [
            (r#"["hunter2"]"#, "webhooks (11 bytes) is no JSON array of endpoints"),
            (
                r#"[{"id": "0123456789ab", "url": "hunter2@", "events": [], "channels": [], "headers": {}, "enabled": true, "declared": false}]"#,
                "entry 1 of webhooks: url \"…@\": it has to begin with http:// or https://",
            ),
        ] {
            assert_eq!(Webhooks::decode(json).unwrap_err().to_string(), error);
        }
    }
}
