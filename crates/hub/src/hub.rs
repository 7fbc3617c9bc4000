//! The apps of this node.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use clairon_protocol::AppId;
use parking_lot::RwLock;

use crate::{
    AppHub, Compress, Encode, Ledger, Version, dispatch::Dispatch, edges::Stamps, pending_flushes::PendingFlushes,
};

/// The apps that had a connection or a request since the start.
pub struct Hub {
    apps: RwLock<HashMap<AppId, Arc<AppHub>>>,
    pub(crate) encode: Encode,
    pub(crate) dispatch: Arc<Dispatch>,
    pub(crate) ledger: Ledger,
    /// The number of gaps so far: times in which changes of shared channels may have been missed.
    pub(crate) gaps: Arc<AtomicU64>,
    pub(crate) stamps: Arc<Stamps>,
}

impl Hub {
    /// An empty hub. `encode` encodes its events, and `compress` compresses the published ones for the connections that
    /// negotiated compression.
    #[must_use]
    pub fn new(encode: Encode, compress: Option<Compress>, ledger: Ledger) -> Self {
        let dispatch = Arc::new(Dispatch { pending_flushes: PendingFlushes::default(), compress, logs: None });
        Self { apps: RwLock::default(), encode, dispatch, ledger, gaps: Arc::default(), stamps: Arc::default() }
    }

    /// The hub of an app. It is created when first requested.
    #[must_use]
    pub fn app(&self, id: &AppId) -> Arc<AppHub> {
        if let Some(app) = self.apps.read().get(id) {
            return app.clone();
        }
        let made = || Arc::new(AppHub::new(id.clone(), self));
        self.apps.write().entry(id.clone()).or_insert_with(made).clone()
    }

    /// Lets the versions of all later edges be greater than this one.
    pub fn begin_versions_after(&self, version: Version) {
        self.stamps.begin_after(version);
    }

    /// A version that is greater than those of all earlier edges, and smaller than those of all later ones.
    #[must_use]
    pub fn next_version(&self) -> Version {
        self.stamps.next()
    }

    /// Ready while there are delayed frames of busy channels. The caller then [flushes](Self::flush) them a moment
    /// later.
    pub fn poll_pending_flushes(&self, cx: &Context<'_>) -> Poll<()> {
        self.dispatch.pending_flushes.poll(cx)
    }

    /// Wakes the tasks of all connections with delayed frames, to write them.
    pub fn flush(&self) {
        self.dispatch.pending_flushes.flush();
    }

    /// Notes the `gaps`th gap: changes of any shared channel may have been missed. No shared channel applies changes
    /// until it is [loaded](AppHub::load) again.
    pub fn note_gap(&self, gaps: u64) {
        self.gaps.store(gaps, Ordering::Relaxed);
        for (_, app) in self.apps() {
            app.note_gap(gaps);
        }
    }

    /// All apps with their hubs.
    #[must_use]
    pub fn apps(&self) -> Vec<(AppId, Arc<AppHub>)> {
        self.apps.read().iter().map(|(id, app)| (id.clone(), app.clone())).collect()
    }
}
