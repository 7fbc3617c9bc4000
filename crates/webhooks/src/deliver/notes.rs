//! The outcomes of attempts that are not stored yet.

use std::{sync::Arc, time::Duration};

use clairon_registry::{DeliveryAttempt, Registry, RegistryError, within};
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep_until},
};

/// The timeout for the database.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// The pause after a failure.
const PAUSE: Duration = Duration::from_secs(1);
/// The time for which the first outcome of a batch waits for others. A crash in that time repeats their deliveries.
const GATHER: Duration = Duration::from_millis(100);
/// The largest number of outcomes in one write.
const BATCH: usize = 256;

/// The outcomes that are not stored yet. One batch is written at a time; outcomes that arrive meanwhile form the next.
pub(super) struct Notes {
    store: Arc<dyn Registry>,
    waiting: Vec<DeliveryAttempt>,
    writing: Option<JoinHandle<Result<(), RegistryError>>>,
    written: Vec<DeliveryAttempt>,
    gather: Duration,
    not_before: Instant,
    /// The time at which the next batch is written.
    begins_at: Option<Instant>,
}

impl Notes {
    pub(super) fn new(store: Arc<dyn Registry>) -> Self {
        Self {
            store,
            waiting: Vec::new(),
            writing: None,
            written: Vec::new(),
            gather: GATHER,
            not_before: Instant::now(),
            begins_at: None,
        }
    }

    pub(super) fn push(&mut self, attempt: DeliveryAttempt) {
        self.waiting.push(attempt);
    }

    /// Stores outcomes at once from now on.
    pub(super) fn gather_no_more(&mut self) {
        self.gather = Duration::ZERO;
        self.begins_at = None;
    }

    /// The number of outcomes that are not stored yet.
    pub(super) fn len(&self) -> usize {
        self.waiting.len() + self.written.len()
    }

    /// Stores the next batch and returns it. It is cancel-safe, and pending as long as there are no outcomes.
    pub(super) async fn stored(&mut self) -> Vec<DeliveryAttempt> {
        loop {
            if self.writing.is_none() {
                if self.written.is_empty() {
                    if self.waiting.is_empty() {
                        std::future::pending::<()>().await;
                    }
                    let begins_at = *self.begins_at.get_or_insert_with(|| Instant::now() + self.gather);
                    if self.waiting.len() < BATCH {
                        sleep_until(begins_at).await;
                    }
                    self.begins_at = None;
                    let rest = self.waiting.split_off(self.waiting.len().min(BATCH));
                    self.written = std::mem::replace(&mut self.waiting, rest);
                }
                sleep_until(self.not_before).await;
                let (store, batch) = (self.store.clone(), self.written.clone());
                self.writing =
                    Some(tokio::spawn(async move { within(ANSWER_TIMEOUT, store.note_attempts(&batch)).await }));
            }
            let Some(writing) = &mut self.writing else { continue };
            let result = writing.await;
            self.writing = None;
            match result {
                Ok(Ok(())) => return std::mem::take(&mut self.written),
                Ok(Err(error)) => tracing::debug!(%error, "outcomes of webhooks cannot be stored yet"),
                Err(error) => tracing::error!(%error, "storing outcomes of webhooks has failed"),
            }
            self.not_before = Instant::now() + PAUSE;
        }
    }
}
