//! The apps in memory.

use std::{
    borrow::{Borrow, Cow},
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use arc_swap::ArcSwap;
use clairon_protocol::{AppId, AppKey, Secret};
use tokio::sync::Mutex;

use crate::{
    app::App,
    error::RegistryError,
    registry::{AppRegistry, within},
    secrets::Secrets,
};

/// The timeout for a query. Without it, a database that stops answering would block all later refreshes.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// The timeout for the revision query. It is short, so that a database that stopped answering is asked again soon after
/// it is back.
const REVISION_TIMEOUT: Duration = Duration::from_millis(1_500);

/// The apps as of the last [`refresh`](Self::refresh). A look-up takes no lock and runs no query.
#[derive(Debug)]
pub struct AppCache {
    registry: Arc<dyn AppRegistry>,
    /// The secrets of the server itself.
    tokens: Vec<Secret>,
    snapshot: ArcSwap<Snapshot>,
    /// Held during a refresh, so that two callers do not report the same change.
    refreshing: Mutex<()>,
}

/// A difference between two refreshes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AppChange {
    /// The app is new.
    Added(AppId),
    /// A field of the app differs. Enabling an app is such a change.
    Changed(AppId),
    /// The app is no longer enabled. Other fields may differ too.
    Disabled(AppId),
    /// The app was deleted, or its row is now invalid.
    Removed(AppId),
}

impl AppChange {
    /// The app's id.
    #[must_use]
    pub const fn app(&self) -> &AppId {
        match self {
            Self::Added(id) | Self::Changed(id) | Self::Disabled(id) | Self::Removed(id) => id,
        }
    }
}

impl AppCache {
    /// Reads all apps. `tokens` are the secrets of the server itself. They are hidden like those of apps.
    ///
    /// # Errors
    /// When the registry fails or does not answer.
    pub async fn load(registry: Arc<dyn AppRegistry>, tokens: Vec<Secret>) -> Result<Self, RegistryError> {
        let snapshot = answer(Snapshot::read(registry.as_ref(), &tokens)).await?;
        Ok(Self { registry, tokens, snapshot: ArcSwap::from_pointee(snapshot), refreshing: Mutex::new(()) })
    }

    /// The app with this id, enabled or not.
    pub fn by_id<Q: Ord + ?Sized>(&self, id: &Q) -> Option<Arc<App>>
    where
        AppId: Borrow<Q>,
    {
        self.snapshot.load().by_id.get(id).cloned()
    }

    /// The app that has this key among its current keys, enabled or not.
    #[must_use]
    pub fn by_key(&self, key: &str) -> Option<Arc<App>> {
        self.snapshot.load().by_key.get(key).cloned()
    }

    /// All apps, sorted by id.
    #[must_use]
    pub fn all(&self) -> Arc<[Arc<App>]> {
        self.snapshot.load().all.clone()
    }

    /// The first `chars` characters of a text for people, without the secrets of apps and the tokens of the server: a
    /// secret may be anywhere if it was entered as a key or a name. Secrets of fewer than eight bytes are not removed.
    /// The cost is bounded by `chars`.
    pub fn hide_secrets<'a>(&self, text: &'a str, chars: usize) -> Cow<'a, str> {
        self.snapshot.load().secrets.hide(text, chars)
    }

    /// Asks the registry whether the apps in memory are up to date.
    ///
    /// # Errors
    /// When the registry fails or does not answer.
    pub async fn is_current(&self) -> Result<bool, RegistryError> {
        let revision = self.snapshot.load().revision;
        Ok(within(REVISION_TIMEOUT, self.registry.revision()).await? == revision)
    }

    /// Reads all apps again if an app has changed. Returns the changes: removed apps first, then the others by id.
    ///
    /// # Errors
    /// When the registry fails or does not answer. The apps in memory are kept.
    pub async fn refresh(&self) -> Result<Vec<AppChange>, RegistryError> {
        let _one_at_a_time = self.refreshing.lock().await;
        let old = self.snapshot.load_full();
        if answer(self.registry.revision()).await? == old.revision {
            return Ok(Vec::new());
        }
        let new = Arc::new(answer(Snapshot::read(self.registry.as_ref(), &self.tokens)).await?);
        self.snapshot.store(Arc::clone(&new));
        Ok(old.changes_to(&new))
    }
}

/// The apps at one revision.
#[derive(Debug)]
struct Snapshot {
    revision: i64,
    by_id: BTreeMap<AppId, Arc<App>>,
    by_key: HashMap<AppKey, Arc<App>>,
    all: Arc<[Arc<App>]>,
    secrets: Secrets,
}

impl Snapshot {
    /// The revision is read first. So a write between the two queries causes another read instead of being missed.
    async fn read(registry: &dyn AppRegistry, tokens: &[Secret]) -> Result<Self, RegistryError> {
        let revision = registry.revision().await?;
        let mut apps = registry.list().await?;
        // Times of use change without a new revision. Here they would be outdated, and would make equal apps differ.
        for app in &mut apps {
            app.credentials.forget_uses();
        }
        apps.sort_unstable_by(|one, other| one.id.cmp(&other.id));
        let apps: Arc<[_]> = apps.into_iter().map(Arc::new).collect();
        let by_key = |app: &Arc<App>| {
            let pairs = app.credentials.iter().map(|credential| (credential.key.clone(), Arc::clone(app)));
            pairs.collect::<Vec<_>>()
        };
        Ok(Self {
            revision,
            by_id: apps.iter().map(|app| (app.id.clone(), Arc::clone(app))).collect(),
            by_key: apps.iter().flat_map(by_key).collect(),
            secrets: Secrets::of(&apps, tokens),
            all: apps,
        })
    }

    fn changes_to(&self, new: &Self) -> Vec<AppChange> {
        let removed = self.by_id.keys().filter(|id| !new.by_id.contains_key(*id)).cloned().map(AppChange::Removed);
        let present = new.by_id.values().filter_map(|app| match self.by_id.get(&app.id) {
            None => Some(AppChange::Added(app.id.clone())),
            Some(old) if old == app => None,
            Some(old) if old.enabled && !app.enabled => Some(AppChange::Disabled(app.id.clone())),
            Some(_) => Some(AppChange::Changed(app.id.clone())),
        });
        removed.chain(present).collect()
    }
}

async fn answer<T>(question: impl Future<Output = Result<T, RegistryError>>) -> Result<T, RegistryError> {
    within(ANSWER_TIMEOUT, question).await
}
