//! The addresses of names.

use std::{collections::HashMap, io, net::IpAddr, sync::Arc};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use parking_lot::Mutex;
use tokio::{net::lookup_host, sync::Semaphore, task::JoinError};

/// The most look-ups that are made at once. The system's resolver blocks a thread for each, of which the runtime has
/// 512; one whose name servers are silent takes up to a minute.
const LOOKUPS: usize = 128;

type Found = Result<Arc<[IpAddr]>, Arc<io::Error>>;
type Lookup = Shared<BoxFuture<'static, Found>>;

/// Asks the system for the addresses of names. No answer is kept: whoever asks after it has come gets a new one. Those
/// who ask for the same name at the same time share a look-up.
pub(super) struct Resolver {
    pending: Arc<Mutex<HashMap<String, Lookup>>>,
    slots: Arc<Semaphore>,
}

impl Resolver {
    pub(super) fn new() -> Self {
        Self { pending: Arc::default(), slots: Arc::new(Semaphore::new(LOOKUPS)) }
    }

    pub(super) async fn addresses(&self, host: &str) -> Found {
        let lookup = self.pending.lock().entry(host.to_owned()).or_insert_with(|| self.start(host)).clone();
        lookup.await
    }

    /// The look-up has a task of its own, so that it ends, and makes room, when nobody waits for it any more.
    fn start(&self, host: &str) -> Lookup {
        let (pending, slots, host) = (self.pending.clone(), self.slots.clone(), host.to_owned());
        let task = tokio::spawn(async move {
            let slot = slots.acquire().await;
            let found = lookup_host((host.as_str(), 0)).await;
            drop(slot);
            pending.lock().remove(&host);
            found.map(|addresses| addresses.map(|address| address.ip()).collect()).map_err(Arc::new)
        });
        let failed = |error: JoinError| Err(Arc::new(io::Error::other(error)));
        task.map(move |found| found.unwrap_or_else(failed)).boxed().shared()
    }
}
