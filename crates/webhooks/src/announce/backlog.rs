//! The note that this node writes late.

use std::time::{Duration, Instant};

use clairon_registry::{RegistryError, within};

use super::report::ChannelReport;
use crate::{announcer::Announcer, deliver::HORIZON};

/// The timeout for the database.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// The time for which other nodes wait after a note, and the interval between two notes.
const LENGTH: Duration = Duration::from_secs(15);
const RENEWAL: Duration = Duration::from_secs(5);

/// The note in the store that this node has more reports than it can write at once, as after an outage of the database.
/// The events of other nodes wait until these are written.
#[derive(Debug, Default)]
pub(super) struct BacklogNote {
    noted_at: Option<Instant>,
}

impl BacklogNote {
    /// Makes or renews the note before a batch is written that others wait behind.
    pub(super) async fn begin(&mut self, announcer: &Announcer, batch: &[ChannelReport]) -> Result<(), RegistryError> {
        let Some(place) = batch.iter().filter_map(|report| report.place).min() else { return Ok(()) };
        if self.noted_at.is_some_and(|at| at.elapsed() < RENEWAL) {
            return Ok(());
        }
        // Reports that wait are in the order of their places only roughly.
        let place = place.saturating_sub(u64::try_from(HORIZON.as_micros()).unwrap_or(u64::MAX));
        self.note(announcer, Some((place, LENGTH))).await?;
        self.noted_at = Some(Instant::now());
        Ok(())
    }

    /// Removes the note after the last batch. On failure, other nodes wait until it expires.
    pub(super) async fn end(&mut self, announcer: &Announcer) {
        if self.noted_at.is_some() && self.note(announcer, None).await.is_ok() {
            self.noted_at = None;
        }
    }

    async fn note(&self, announcer: &Announcer, backlog: Option<(u64, Duration)>) -> Result<(), RegistryError> {
        within(ANSWER_TIMEOUT, announcer.store.note_backlog(&announcer.node.to_string(), backlog)).await
    }
}
