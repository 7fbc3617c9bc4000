//! Name look-ups.

use std::{collections::HashMap, io, net::IpAddr, sync::Arc};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use parking_lot::Mutex;
use tokio::{net::lookup_host, sync::Semaphore, task::JoinError};

/// The most concurrent look-ups. The system's resolver blocks a thread for each, of which the runtime has 512. A
/// look-up takes up to a minute if the name servers do not answer.
const LOOKUPS: usize = 128;

type Found = Result<Arc<[IpAddr]>, Arc<io::Error>>;
type Lookup = Shared<BoxFuture<'static, Found>>;

/// Looks up names with the system's resolver. Answers are not cached. Concurrent requests for the same name share one
/// look-up.
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

    /// The look-up runs in its own task, so that it ends and frees its slot even if its callers are gone.
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
