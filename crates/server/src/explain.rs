//! The true reason of a refusal, for the log alone.
//!
//! A peer that is refused learns Pusher's code and message. Whoever reads the log learns what to mend: other keys,
//! secrets, names and paths are tried until one explains what was sent. Nothing here ever prints a secret or a
//! signature.

mod budget;
mod cut;
pub(crate) mod request;
mod token;

use clairon_registry::AppCache;

use self::budget::Budget;
pub(crate) use self::{cut::Cut, token::SignedSubscription};
use crate::clock::Clock;

/// How many other apps' secrets are tried.
const APPS_TRIED: usize = 1_000;

/// Finds reasons, as long as strangers do not ask for too many.
pub(crate) struct Explainer {
    budget: Budget,
}

impl Explainer {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { budget: Budget::new(clock) }
    }
}

/// Why a key in a WebSocket's path leads nowhere.
pub(crate) fn unknown_key(apps: &AppCache, key: &str) -> String {
    let key_text = Cut(key);
    if apps.all().iter().any(|app| app.id.as_str() == key) {
        return format!("the key {key_text:?} belongs to no app: it is an app's id, which is no key");
    }
    if apps.all().iter().any(|app| app.secret.matches(key)) {
        return "the key belongs to no app: it is an app's secret, which must not leave the backend".to_owned();
    }
    match apps.all().iter().find(|app| app.key.as_str() == key.trim()) {
        Some(app) => {
            format!("the key {key_text:?} has blanks around it that the key of the app {} has not", app.id)
        }
        None => format!("the key {key_text:?} belongs to no app"),
    }
}

/// Why a path leads nowhere: most often a proxy's prefix that the server was not told of.
pub(crate) fn unknown_path(path: &str) -> String {
    let known = ["/app/", "/apps/", "/users/"].into_iter().filter_map(|start| path.find(start)).min();
    match known {
        Some(at) if at > 0 => {
            let prefix = Cut(&path[..at]);
            format!("no such path: behind the prefix {prefix:?} it is one; set server.path_prefix to it")
        }
        _ => format!("no such path: {:?}", Cut(path)),
    }
}
