//! The cache in front of a registry.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use std::{
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use clairon_protocol::AppId;
use clairon_registry::{
    App, AppCache, AppChange, AppEdit, AppRegistry, Credential, Declared, KeyUse, Registry, RegistryError, Statistics,
    StatisticsQuery, TotalStatistics, Update, open,
};

fn app(id: &str) -> App {
    App { id: AppId::parse(id).unwrap(), ..App::random() }
}

#[tokio::test]
async fn apps_are_found_by_id_and_key() {
    let registry = open("sqlite::memory:", 1).await.unwrap();
    let (a, b) = (app("a"), App { enabled: false, ..app("b") });
    registry.create(&b).await.unwrap();
    registry.create(&a).await.unwrap();
    let cache = AppCache::load(registry, Vec::new()).await.unwrap();
    assert_eq!(cache.by_id("a").as_deref(), Some(&a));
    assert_eq!(cache.by_id(&b.id).as_deref(), Some(&b));
    assert_eq!(cache.by_key(b.credentials.newest().key.as_str()).as_deref(), Some(&b));
    assert!(cache.by_id("c").is_none() && cache.by_key("a").is_none());
    assert_eq!(cache.all().iter().map(|app| app.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
}

#[tokio::test]
async fn a_refresh_reports_what_changed() {
    let registry = open("sqlite::memory:", 1).await.unwrap();
    let apps = ["changed", "disabled", "enabled", "removed", "same"].map(app);
    for app in &apps {
        registry.create(&App { enabled: app.id.as_str() != "enabled", ..app.clone() }).await.unwrap();
    }
    let cache = AppCache::load(Arc::<dyn Registry>::clone(&registry), Vec::new()).await.unwrap();
    assert_eq!(cache.refresh().await.unwrap(), []);
    assert!(cache.is_current().await.unwrap());

    let [changed, disabled, enabled, removed, _] = &apps;
    let old_key = changed.credentials.newest().key.clone();
    let changed = App { credentials: Credential::random().into(), ..changed.clone() };
    let added = app("added");
    let now = [changed.clone(), App { enabled: false, ..disabled.clone() }, enabled.clone()];
    registry.declare(&now).await.unwrap();
    registry.delete(&removed.id).await.unwrap();
    registry.create(&added).await.unwrap();
    assert!(cache.by_id("added").is_none());
    assert!(!cache.is_current().await.unwrap());

    let expected = [
        AppChange::Removed(removed.id.clone()),
        AppChange::Added(added.id.clone()),
        AppChange::Changed(changed.id.clone()),
        AppChange::Disabled(disabled.id.clone()),
        AppChange::Changed(enabled.id.clone()),
    ];
    assert_eq!(cache.refresh().await.unwrap(), expected);
    assert_eq!(cache.refresh().await.unwrap(), []);
    assert!(cache.by_key(old_key.as_str()).is_none());
    assert_eq!(cache.by_key(changed.credentials.newest().key.as_str()).as_deref(), Some(&changed));
    assert_eq!(cache.by_id(&removed.id), None);
}

#[tokio::test]
async fn every_live_key_leads_to_the_app() {
    let registry = open("sqlite::memory:", 1).await.unwrap();
    let a = app("a");
    registry.create(&a).await.unwrap();
    let cache = AppCache::load(Arc::<dyn Registry>::clone(&registry), Vec::new()).await.unwrap();
    let (old, new) = (a.credentials.newest(), Credential::random());
    registry.rotate(&a.id, &new).await.unwrap();
    assert_eq!(cache.refresh().await.unwrap(), [AppChange::Changed(a.id.clone())]);
    for key in [&old.key, &new.key] {
        assert_eq!(cache.by_key(key.as_str()).unwrap().id, a.id);
    }

    // A use of a key is not a change, even if it is read together with one.
    registry.note_used(&[KeyUse { key: old.key.clone(), at: old.created_at }]).await.unwrap();
    assert_eq!(cache.refresh().await.unwrap(), []);
    registry.create(&app("b")).await.unwrap();
    assert_eq!(cache.refresh().await.unwrap(), [AppChange::Added(app("b").id)]);

    registry.retire(&a.id, old.key.as_str()).await.unwrap();
    assert_eq!(cache.refresh().await.unwrap(), [AppChange::Changed(a.id.clone())]);
    assert!(cache.by_key(old.key.as_str()).is_none());
    assert!(cache.by_key(new.key.as_str()).is_some());
}

/// A registry that stops answering on request.
#[derive(Debug)]
struct Silent {
    registry: Arc<dyn AppRegistry>,
    silent: AtomicBool,
}

#[async_trait]
impl AppRegistry for Silent {
    async fn revision(&self) -> Result<i64, RegistryError> {
        if self.silent.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        self.registry.revision().await
    }

    async fn list(&self) -> Result<Vec<App>, RegistryError> {
        self.registry.list().await
    }

    async fn find(&self, id: &AppId) -> Result<Option<App>, RegistryError> {
        self.registry.find(id).await
    }

    async fn create(&self, app: &App) -> Result<(), RegistryError> {
        self.registry.create(app).await
    }

    async fn create_all(&self, apps: &[App]) -> Result<(), RegistryError> {
        self.registry.create_all(apps).await
    }

    async fn declare(&self, apps: &[App]) -> Result<Vec<Declared>, RegistryError> {
        self.registry.declare(apps).await
    }

    async fn update(&self, id: &AppId, change: &AppEdit<'_>) -> Result<Option<Update>, RegistryError> {
        self.registry.update(id, change).await
    }

    async fn rotate(&self, id: &AppId, credential: &Credential) -> Result<Option<App>, RegistryError> {
        self.registry.rotate(id, credential).await
    }

    async fn retire(&self, id: &AppId, key: &str) -> Result<Option<App>, RegistryError> {
        self.registry.retire(id, key).await
    }

    async fn note_used(&self, uses: &[KeyUse]) -> Result<(), RegistryError> {
        self.registry.note_used(uses).await
    }

    async fn create_first(&self, app: &App) -> Result<bool, RegistryError> {
        self.registry.create_first(app).await
    }

    async fn delete(&self, id: &AppId) -> Result<bool, RegistryError> {
        self.registry.delete(id).await
    }

    async fn record_statistics(&self, statistics: &[Statistics]) -> Result<(), RegistryError> {
        self.registry.record_statistics(statistics).await
    }

    async fn statistics(&self, query: &StatisticsQuery) -> Result<Vec<Statistics>, RegistryError> {
        self.registry.statistics(query).await
    }

    async fn total_statistics(
        &self,
        since: jiff::Timestamp,
        step_seconds: NonZeroU32,
    ) -> Result<Vec<TotalStatistics>, RegistryError> {
        self.registry.total_statistics(since, step_seconds).await
    }

    async fn latest_statistics(&self, time: jiff::Timestamp) -> Result<Option<jiff::Timestamp>, RegistryError> {
        self.registry.latest_statistics(time).await
    }

    async fn check_writes(&self) -> Result<(), RegistryError> {
        self.registry.check_writes().await
    }

    async fn forget_statistics(&self, limit: jiff::Timestamp) -> Result<usize, RegistryError> {
        self.registry.forget_statistics(limit).await
    }
}

#[tokio::test]
async fn a_silent_registry_is_an_error_and_the_old_apps_stay() {
    let registry = open("sqlite::memory:", 1).await.unwrap();
    registry.create(&app("a")).await.unwrap();
    let silent = Arc::new(Silent { registry, silent: AtomicBool::new(false) });
    let cache = AppCache::load(Arc::<Silent>::clone(&silent), Vec::new()).await.unwrap();

    silent.silent.store(true, Ordering::Relaxed);
    tokio::time::pause();
    assert_eq!(cache.refresh().await.unwrap_err().to_string(), "the database did not answer within 10 seconds");
    assert_eq!(cache.is_current().await.unwrap_err().to_string(), "the database did not answer within 1.5 seconds");
    assert!(cache.by_id("a").is_some());

    tokio::time::resume();
    silent.silent.store(false, Ordering::Relaxed);
    silent.registry.create(&app("b")).await.unwrap();
    assert_eq!(cache.refresh().await.unwrap(), [AppChange::Added(app("b").id)]);
}
