//! The bound on concurrent requests to all endpoints together.

use std::sync::Arc;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, TryAcquireError, futures::Notified};

/// The slots for requests to all endpoints. Each request in flight has one.
///
/// The first request to an endpoint may take any slot. Its further concurrent requests may take only half of the slots.
/// So endpoints with many slow requests leave slots to the first requests of others.
#[derive(Debug)]
pub(crate) struct Slots {
    all: Arc<Semaphore>,
    /// The slots that further requests to an endpoint may take.
    further: Arc<Semaphore>,
    freed: Arc<Notify>,
}

/// A slot. It is free again when it is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    permits: Vec<OwnedSemaphorePermit>,
    freed: Arc<Notify>,
}

impl Slots {
    pub(crate) fn new(requests: usize) -> Self {
        let [all, further] = [requests.max(1), requests / 2].map(|permits| Arc::new(Semaphore::new(permits)));
        Self { all, further, freed: Arc::default() }
    }

    /// Takes a slot for the first or a further request of an endpoint. `None`: no such slot is free.
    pub(super) fn take(&self, is_first: bool) -> Option<Slot> {
        let permit = |permits: &Arc<Semaphore>| permits.clone().try_acquire_owned();
        let take = || -> Result<_, TryAcquireError> {
            let further = if is_first { None } else { Some(permit(&self.further)?) };
            Ok(further.into_iter().chain([permit(&self.all)?]).collect())
        };
        take().ok().map(|permits| Slot { permits, freed: self.freed.clone() })
    }

    /// Waits for a slot that becomes free after this call.
    pub(super) fn freed(&self) -> Notified<'_> {
        self.freed.notified()
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.permits.clear();
        self.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn half_of_the_slots_are_for_first_requests() {
        let slots = Slots::new(4);
        let mut further: Vec<_> = (0..3).filter_map(|_| slots.take(false)).collect();
        assert_eq!(further.len(), 2);
        let first: Vec<_> = (0..3).filter_map(|_| slots.take(true)).collect();
        assert_eq!(first.len(), 2);
        let freed = slots.freed();
        assert!(slots.take(true).is_none());
        further.pop();
        assert!(freed.now_or_never().is_some());
        assert!(slots.take(true).is_some() && slots.take(false).is_some());
        assert!(Slots::new(1).take(false).is_none() && Slots::new(0).take(true).is_some());
    }
}
