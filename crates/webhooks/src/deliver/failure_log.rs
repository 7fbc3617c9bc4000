//! The log of an endpoint that fails.

use std::time::{Duration, Instant};

use clairon_registry::{AttemptOutcome, DeliveryId, Endpoint};
use tracing::{info, warn};

use super::request::Verdict;

/// The interval between log lines about failures of an endpoint.
const WARNINGS: Duration = Duration::from_mins(1);

/// Logs that an endpoint fails, once a minute, and that it works again.
#[derive(Debug, Default)]
pub(super) struct FailureLog {
    warned_at: Option<Instant>,
    is_failing: bool,
}

impl FailureLog {
    pub(super) fn note(&mut self, endpoint: &Endpoint, delivery: &DeliveryId, verdict: &Verdict, attempts: u32) {
        let Some((app, webhook)) = endpoint.name() else { return };
        let Verdict { status, problem, outcome, .. } = verdict;
        if *outcome == AttemptOutcome::Delivered {
            if std::mem::take(&mut self.is_failing) {
                info!(%app, %webhook, "a webhook endpoint takes deliveries again");
                self.warned_at = None;
            }
            return;
        }
        self.is_failing = true;
        if self.warned_at.is_some_and(|at| at.elapsed() < WARNINGS) {
            return;
        }
        self.warned_at = Some(Instant::now());
        let problem = problem.as_deref();
        match outcome {
            AttemptOutcome::GivenUp => {
                warn!(%app, %webhook, %delivery, attempts, status, problem, "a delivery to a webhook endpoint is given up");
            }
            _ => {
                warn!(%app, %webhook, %delivery, attempts, status, problem, "a webhook endpoint does not take a delivery");
            }
        }
    }
}
