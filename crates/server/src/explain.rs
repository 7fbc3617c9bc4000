//! Finds the exact reason of a refusal, for the log only.
//!
//! A refused peer gets Pusher's code and message. The log also says what to change: other keys, secrets, names and
//! paths are tried until one explains the request. Secrets and signatures are never printed.

mod budget;
mod request;
mod token;

use clairon_registry::{App, AppCache, Credential};

use self::budget::{Budget, Search};
pub(crate) use self::token::SignedSubscription;
use crate::{
    clock::Clock,
    edge::{LimitEffect, PeerAddress},
    node::Node,
    peer_text::PeerText,
};

/// The cost of comparing a text with the values of one app, in bytes of the budget.
const COMPARISON: usize = 64;
/// The cost of a signature in addition to the signed text, in bytes: HMAC hashes two blocks and two paddings.
const SIGNING: usize = 256;

/// Finds reasons, within a budget per second.
pub(crate) struct Explainer {
    budget: Budget,
}

impl Explainer {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { budget: Budget::new(clock) }
    }

    /// The number of searches that were given up because the budget was used up.
    pub(crate) fn skipped(&self) -> u64 {
        self.budget.given_up()
    }

    /// Explains one refusal. Without `is_wanted` no search is made.
    pub(crate) const fn explain(&self, is_wanted: bool) -> Explanation<'_> {
        Explanation { search: self.budget.search(is_wanted) }
    }
}

impl Node {
    /// Explains the refusal of what a client has sent. If too many of its address are refused, no search is made.
    pub(crate) fn explain(&self, client: PeerAddress) -> Explanation<'_> {
        let is_wanted = self.addresses.take_refusal(client);
        if !is_wanted {
            self.note_limit(LimitEffect::RefusalsUnexplained, client, None);
        }
        self.explainer.explain(is_wanted)
    }
}

/// The explanation of one refusal.
pub(crate) struct Explanation<'a> {
    search: Search<'a>,
}

impl Explanation<'_> {
    /// The owner of a key, or what the text is instead. A secret in the place of a key is recognized and not repeated.
    pub(crate) fn key(&self, apps: &AppCache, key: &str) -> String {
        if let Some(app) = apps.by_key(key) {
            return format!("the key {key} belongs to the app {}", app.id);
        }
        let all = apps.all();
        if !self.search.charge(all.len() * COMPARISON) {
            return format!("no app has the key ({} bytes)", key.len());
        }
        let key = PeerText::new(apps, key);
        all.iter().find_map(|app| mistaken_key(app, key)).unwrap_or_else(|| format!("no app has the key {key:?}"))
    }
}

/// The value of an app that was used as its key.
fn mistaken_key(app: &App, shown: PeerText<'_>) -> Option<String> {
    let key = shown.text();
    if app.credentials.has_secret(key) {
        Some(format!("the key is the secret of the app {}, which must not leave the backend", app.id))
    } else if app.id.as_str() == key {
        Some(format!("the key is the id of the app {}", app.id))
    } else if app.credentials.find(key.trim()).is_some() {
        Some(format!("the key {shown:?} is a key of the app {} with white space around it", app.id))
    } else {
        None
    }
}

/// Finds another key of the same app whose secret made a signature. The caller knows already that the secret of the
/// named key did not.
fn other_secret(app: &App, fits: impl Fn(&Credential) -> bool) -> Option<String> {
    let key = &app.credentials.iter().find(|credential| fits(credential))?.key;
    Some(format!("the signature was made with the secret of another key of this app, {key}"))
}

/// The reason why a path is unknown: most often a proxy's prefix that is not in the settings.
pub(crate) fn unknown_path(apps: &AppCache, path: &str) -> String {
    let known = ["/app/", "/apps/", "/users/"].into_iter().filter_map(|start| path.find(start)).min();
    match known {
        Some(at) if at > 0 => {
            let prefix = PeerText::new(apps, &path[..at]);
            format!("no such path, but there is one without the prefix {prefix:?}: set server.path_prefix to it")
        }
        _ => format!("no such path: {:?}", PeerText::new(apps, path)),
    }
}
