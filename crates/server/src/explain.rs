//! The true reason of a refusal, for the log alone.
//!
//! A peer that is refused learns Pusher's code and message. Whoever reads the log learns what to mend: other keys,
//! secrets, names and paths are tried until one explains what was sent. Nothing here ever prints a secret or a
//! signature.

mod budget;
mod request;
mod token;

use clairon_registry::{App, AppCache, Credential};

use self::budget::Budget;
pub(crate) use self::token::SignedSubscription;
use crate::{clock::Clock, peer_text::PeerText};

/// What it costs to compare a text with what one app has, in the bytes of the budget.
const COMPARISON: usize = 64;
/// What it costs to sign, beside the text that is signed: HMAC hashes two blocks of its own and pads two more.
const SIGNING: usize = 256;

/// Finds reasons, as long as strangers do not ask for too many.
pub(crate) struct Explainer {
    budget: Budget,
}

impl Explainer {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { budget: Budget::new(clock) }
    }

    /// How many searches were given up, because too many were asked for.
    pub(crate) fn skipped(&self) -> u64 {
        self.budget.given_up()
    }

    /// Whose a key is, or what it is instead. A secret in the place of a key is recognized, and not repeated.
    pub(crate) fn key(&self, apps: &AppCache, key: &str) -> String {
        if let Some(app) = apps.by_key(key) {
            return format!("the key {key} belongs to the app {}", app.id);
        }
        let all = apps.all();
        if !self.budget.search().charge(all.len() * COMPARISON) {
            return format!("no app has the key ({} bytes)", key.len());
        }
        let key = PeerText::new(apps, key);
        all.iter().find_map(|app| mistaken_key(app, key)).unwrap_or_else(|| format!("no app has the key {key:?}"))
    }
}

/// What of an app was used as its key.
fn mistaken_key(app: &App, shown: PeerText<'_>) -> Option<String> {
    let key = shown.text();
    if app.credentials.has_secret(key) {
        Some(format!("the key is the secret of the app {}, which must not leave the backend", app.id))
    } else if app.id.as_str() == key {
        Some(format!("the key is the id of the app {}", app.id))
    } else if app.credentials.find(key.trim()).is_some() {
        Some(format!("the key {shown:?} has blanks around it that a key of the app {} has not", app.id))
    } else {
        None
    }
}

/// Whether a signature was made with the secret of another key of the same app than the one that was named with it:
/// whoever asks knows that the secret of that one did not make it.
fn other_secret(app: &App, fits: impl Fn(&Credential) -> bool) -> Option<String> {
    let key = &app.credentials.iter().find(|credential| fits(credential))?.key;
    Some(format!("the signature was made with the secret of another key of this app, {key}"))
}

/// Why a path leads nowhere: most often a proxy's prefix that the server was not told of.
pub(crate) fn unknown_path(apps: &AppCache, path: &str) -> String {
    let known = ["/app/", "/apps/", "/users/"].into_iter().filter_map(|start| path.find(start)).min();
    match known {
        Some(at) if at > 0 => {
            let prefix = PeerText::new(apps, &path[..at]);
            format!("no such path: behind the prefix {prefix:?} it is one; set server.path_prefix to it")
        }
        _ => format!("no such path: {:?}", PeerText::new(apps, path)),
    }
}
