//! Recoveries: their counters, the log, and the live feed.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use clairon_hub::{Recovery, Session};
use clairon_protocol::{AppId, ChannelName, LossReason};
use tracing::debug;

use crate::{
    edge::PeerAddress,
    live_feed::{Activity, ActivityKind},
    node::Node,
};

/// The counters of recoveries.
#[derive(Debug, Default)]
pub(crate) struct Recoveries {
    recovered: AtomicU64,
    replayed: AtomicU64,
    declined: AtomicU64,
    /// In the order of [`LossReason::ALL`].
    lost: [AtomicU64; LossReason::ALL.len()],
}

impl Recoveries {
    fn count(&self, recovery: Recovery) {
        let counter = match recovery {
            Recovery::Begun => return,
            Recovery::Declined => &self.declined,
            Recovery::Recovered(events) => {
                self.replayed.fetch_add(events as u64, Relaxed);
                &self.recovered
            }
            Recovery::Lost(reason) => &self.lost[reason as usize],
        };
        counter.fetch_add(1, Relaxed);
    }

    /// Counts subscribers that learned of a loss.
    pub(crate) fn count_lost(&self, reason: LossReason, subscribers: usize) {
        self.lost[reason as usize].fetch_add(subscribers as u64, Relaxed);
    }

    /// The number of events that were replayed.
    pub(crate) fn replayed(&self) -> u64 {
        self.replayed.load(Relaxed)
    }

    /// The numbers of subscriptions that asked for recovery, by result.
    pub(crate) fn outcomes(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let lost = LossReason::ALL.into_iter().zip(&self.lost).map(|(reason, count)| (reason.as_str(), count));
        let others = [("recovered", &self.recovered), ("declined", &self.declined)];
        others.into_iter().chain(lost).map(|(outcome, count)| (outcome, count.load(Relaxed)))
    }
}

/// Notes the result of a request for recovery.
pub(crate) fn note(
    node: &Node,
    app: &AppId,
    session: &Session,
    peer: PeerAddress,
    channel: &ChannelName,
    recovery: Recovery,
) {
    node.metrics.recoveries.count(recovery);
    let (kind, reason) = match recovery {
        Recovery::Begun => return,
        Recovery::Recovered(1) => (ActivityKind::Recovered, "1 missed event was sent again".to_owned()),
        Recovery::Recovered(events) => (ActivityKind::Recovered, format!("{events} missed events were sent again")),
        Recovery::Lost(reason) => (ActivityKind::NotRecovered, words(reason).to_owned()),
        Recovery::Declined => (ActivityKind::NotRecovered, "no memory for a log".to_owned()),
    };
    debug!(%app, socket = %session.id(), channel = %node.shown(channel.as_str()), reason, "{}", kind.words());
    node.observe(|| {
        Activity::new(kind).app(app).socket(session.id()).peer(peer).channel(channel.as_str()).because(reason)
    });
}

/// The reason of a loss, for operators.
pub(crate) const fn words(reason: LossReason) -> &'static str {
    match reason {
        LossReason::Expired | LossReason::Gap => "the missed events have left the channel's log",
        LossReason::Epoch => "the channel's log has begun anew since the client left",
        LossReason::Limit => "the missed events are too many for one connection",
        LossReason::Token => "the client's position is not one that this server has signed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_result_has_its_counter() {
        let recoveries = Recoveries::default();
        for reason in LossReason::ALL {
            recoveries.count(Recovery::Lost(reason));
        }
        recoveries.count(Recovery::Lost(LossReason::Token));
        recoveries.count_lost(LossReason::Gap, 3);
        for recovery in [Recovery::Begun, Recovery::Declined, Recovery::Recovered(5), Recovery::Recovered(0)] {
            recoveries.count(recovery);
        }
        let outcomes: Vec<_> = recoveries.outcomes().collect();
        let expected =
            [("recovered", 2), ("declined", 1), ("expired", 1), ("epoch", 1), ("limit", 1), ("token", 2), ("gap", 4)];
        assert_eq!((outcomes.as_slice(), recoveries.replayed()), (&expected[..], 5));
    }
}
