//! The sweep: it checks every connection in turn, so that none needs a timer.

use std::{sync::Arc, time::Duration};

use clairon_hub::{Millis, Session};
use clairon_protocol::Disconnect;
use clairon_registry::App;
use clairon_websocket::frame;
use tokio::time::{MissedTickBehavior, interval};
use tracing::warn;

use crate::{clock::millis, node::Node, settings::Settings};

/// The shortest and longest time between two sweeps.
const PERIODS: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// A sweep is late if it is delayed by more than this and more than the period. A busy machine delays it by less.
const DELAY: Duration = Duration::from_secs(1);

/// The limits for silent and blocked connections, in milliseconds.
#[derive(Clone, Copy, Debug)]
struct Rules {
    ping_after: Millis,
    close_after: Millis,
    write_timeout: Millis,
    authorization_timeout: Millis,
}

/// The action for a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Leave,
    Ping,
    Close(Disconnect),
}

/// Sweeps as long as the server runs.
pub(crate) async fn run(node: Arc<Node>) {
    let rules = Rules::new(&node.settings);
    let period = rules.period();
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut ended_at = node.clock.now();
    loop {
        ticks.tick().await;
        let pause = node.clock.now().saturating_sub(ended_at);
        let is_late = pause >= millis(period + period.max(DELAY));
        if is_late {
            warn!(seconds = pause / 1_000, "the process was suspended: every connection has another round to answer");
        }
        sweep(&node, &rules, is_late);
        ended_at = node.clock.now();
    }
}

fn sweep(node: &Node, rules: &Rules, is_late: bool) {
    for (id, hub) in node.hub.apps() {
        match node.enabled_app(&id) {
            Some(app) => hub.for_each_session(|session| {
                node.metrics.look_at(session);
                rules.apply(session, &app, node.clock.now(), is_late);
            }),
            None => hub.close_all(Disconnect::AppDisabled),
        }
    }
}

impl Rules {
    fn new(settings: &Settings) -> Self {
        let heartbeat = settings.heartbeat;
        Self {
            ping_after: Millis::from(heartbeat.ping_after_seconds) * 1_000,
            close_after: Millis::from(heartbeat.close_after_seconds) * 1_000,
            write_timeout: millis(settings.write_timeout),
            authorization_timeout: millis(settings.authorization_timeout),
        }
    }

    /// A tenth of the shortest limit, within the bounds.
    fn period(&self) -> Duration {
        let Self { ping_after, close_after, write_timeout, authorization_timeout } = *self;
        let shortest = ping_after.min(close_after).min(write_timeout).min(authorization_timeout);
        Duration::from_millis(shortest / 10).clamp(PERIODS.0, PERIODS.1)
    }

    fn apply(&self, session: &Session, app: &App, now: Millis, is_late: bool) {
        match self.judge(session, app.authorized_connections, now, is_late) {
            Verdict::Leave => {}
            Verdict::Ping => session.send(frame::ping(b"")),
            Verdict::Close(reason) => session.close(reason),
        }
    }

    /// A sweep is late after a time in which the process did not run: it was stopped, or the machine was suspended.
    /// Messages of clients are still unread then, and their outboxes unwritten. So a late sweep closes no connection.
    /// It pings the silent ones again, and they have the usual time to answer.
    fn judge(&self, session: &Session, needs_authorization: bool, now: Millis, is_late: bool) -> Verdict {
        if is_late {
            session.forgive_silence(now, self.ping_after);
        }
        let silence = session.silence(now);
        if silence >= self.close_after {
            return Verdict::Close(Disconnect::NoPong);
        }
        if !is_late && session.blockage(now) >= self.write_timeout {
            return Verdict::Close(Disconnect::SlowReader);
        }
        let is_overdue = session.age(now) >= self.authorization_timeout;
        if !is_late && needs_authorization && is_overdue && !session.is_authorized() {
            return Verdict::Close(Disconnect::Unauthorized);
        }
        if silence >= self.ping_after && session.probe() { Verdict::Ping } else { Verdict::Leave }
    }
}

#[cfg(test)]
mod tests {
    use clairon_hub::{OutboxLimits, Outboxes};
    use clairon_protocol::SocketId;

    use super::*;

    const RULES: Rules =
        Rules { ping_after: 60_000, close_after: 150_000, write_timeout: 30_000, authorization_timeout: 20_000 };

    fn session() -> Session {
        let outboxes = Outboxes::new(OutboxLimits { bytes: 1_000, frames: 10 }, None);
        Session::new(SocketId::from_random(1), outboxes, Arc::default(), 0)
    }

    #[test]
    fn silence_is_probed_once_and_then_ends_the_connection() {
        let session = session();
        let judge = |now| RULES.judge(&session, false, now, false);
        assert_eq!([59_999, 60_000, 149_999].map(judge), [Verdict::Leave, Verdict::Ping, Verdict::Leave]);
        assert_eq!(judge(150_000), Verdict::Close(Disconnect::NoPong));
        session.saw(150_000);
        assert_eq!(judge(150_000), Verdict::Leave);
    }

    #[test]
    fn a_late_sweep_asks_again_and_leaves_the_usual_time_for_the_answer() {
        let session = session();
        assert_eq!(RULES.judge(&session, false, 60_000, false), Verdict::Ping);
        assert_eq!(RULES.judge(&session, false, 1_000_000, true), Verdict::Ping);
        assert_eq!(RULES.judge(&session, false, 1_089_999, false), Verdict::Leave);
        assert_eq!(RULES.judge(&session, false, 1_090_000, false), Verdict::Close(Disconnect::NoPong));
    }

    #[test]
    fn a_late_sweep_closes_no_connection_for_what_could_not_be_heard_or_written() {
        let session = session();
        session.block(10_000, false);
        assert_eq!(RULES.judge(&session, true, 50_000, true), Verdict::Leave);
        assert_eq!(RULES.judge(&session, true, 50_000, false), Verdict::Close(Disconnect::SlowReader));
        session.unblock();
        assert_eq!(RULES.judge(&session, true, 50_000, false), Verdict::Close(Disconnect::Unauthorized));
        session.authorize();
        assert_eq!(RULES.judge(&session, true, 50_000, false), Verdict::Leave);
    }

    #[test]
    fn sweeps_are_frequent_enough_for_the_shortest_time() {
        assert_eq!(RULES.period(), Duration::from_secs(2));
        assert_eq!(Rules { ping_after: 500, ..RULES }.period(), Duration::from_millis(100));
    }
}
