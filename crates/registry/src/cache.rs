//! All apps in memory.

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

/// How long the registry may take to answer. Without it, a database that went silent would stop all later refreshes.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long it may take to tell its revision, so that one which has gone silent is asked again soon after it is back.
const REVISION_TIMEOUT: Duration = Duration::from_millis(1_500);

/// The apps as they were at the last [`refresh`](Self::refresh). A look-up takes no lock and runs no query.
#[derive(Debug)]
pub struct AppCache {
    registry: Arc<dyn AppRegistry>,
    /// Secrets of the server itself.
    tokens: Vec<Secret>,
    snapshot: ArcSwap<Snapshot>,
    /// Held while refreshing, so that two callers do not report the same change.
    refreshing: Mutex<()>,
}

/// What became of an app between two refreshes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AppChange {
    /// It is new.
    Added(AppId),
    /// Some field differs; that it was enabled again is one such case.
    Changed(AppId),
    /// It is there but no longer enabled. Other fields may differ too.
    Disabled(AppId),
    /// It is gone, or its row cannot be used any more.
    Removed(AppId),
}

impl AppCache {
    /// Reads all apps. `tokens` are the secrets of the server itself, which are hidden with those of the apps.
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

    /// The app with this key among its live ones, enabled or not.
    #[must_use]
    pub fn by_key(&self, key: &str) -> Option<Arc<App>> {
        self.snapshot.load().by_key.get(key).cloned()
    }

    /// All apps, by id.
    #[must_use]
    pub fn all(&self) -> Arc<[Arc<App>]> {
        self.snapshot.load().all.clone()
    }

    /// The first `chars` characters of a text that is shown to people, without the secrets of apps and the tokens of
    /// the server: a secret that was mistaken for a key or a name may stand anywhere. Those of fewer than eight bytes
    /// stay. What it costs is bounded by `chars`.
    pub fn hide_secrets<'a>(&self, text: &'a str, chars: usize) -> Cow<'a, str> {
        self.snapshot.load().secrets.hide(text, chars)
    }

    /// Asks the registry whether anything changed.
    ///
    /// # Errors
    /// When the registry fails or does not answer.
    pub async fn is_current(&self) -> Result<bool, RegistryError> {
        let revision = self.snapshot.load().revision;
        Ok(within(REVISION_TIMEOUT, self.registry.revision()).await? == revision)
    }

    /// Reads all apps again if anything changed. Returns what changed: first the removed apps, then the others by id.
    ///
    /// # Errors
    /// When the registry fails or does not answer. What was known stays known.
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
    /// The revision is read first: a write in between is then read twice, and not missed.
    async fn read(registry: &dyn AppRegistry, tokens: &[Secret]) -> Result<Self, RegistryError> {
        let revision = registry.revision().await?;
        let mut apps = registry.list().await?;
        // They change without a new revision, and so would be old here, and tell apps apart that have not changed.
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
