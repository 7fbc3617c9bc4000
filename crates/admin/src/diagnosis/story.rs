//! What has become of one event for one connection.

use std::sync::Arc;

use clairon_protocol::Disconnect;
use clairon_server::live_feed::{Activity, ActivityKind};
use jiff::SignedDuration;

use super::{
    Answer, OpenSubject, Subject, SubjectState,
    answer::{Case, quoted, text, time},
    membership::{Membership, Story},
};

/// The precision of the time at which a connection began.
const PRECISION: SignedDuration = SignedDuration::from_secs(1);
/// What waits for a connection that is closed because it is too slow has been waiting for at most about this long.
const SLOWNESS: SignedDuration = SignedDuration::from_secs(60);
/// An event may not reach a connection that ends so soon after it.
const UNDERWAY: SignedDuration = SignedDuration::from_secs(2);
/// Two activities of different tasks that are closer may be recorded in the other order.
const SIMULTANEOUS: SignedDuration = SignedDuration::from_millis(20);

impl Story<'_> {
    /// Answers what has become of `event`.
    pub(super) fn judge(&self, subject: &Subject, event: &Arc<Activity>) -> Answer {
        self.verdict(subject, event).about(event)
    }

    fn verdict(&self, subject: &Subject, event: &Arc<Activity>) -> Answer {
        let (name, channel, at) = (quoted(event.event_name()), quoted(event.channel_name()), time(event));
        if event.left_out() == Some(subject.socket_id) {
            return excluded(event);
        }
        if let Some(answer) = self.recovered(event) {
            return answer;
        }
        if let Some(answer) = self.connected_after(subject, event) {
            return answer;
        }
        let end = self.last(ActivityKind::Disconnected);
        if let Some(end) = end.filter(|end| end.id() < event.id()) {
            return ended_before(end, event);
        }
        let arrived = format!("The event {name} arrived on {channel} at {at}");
        match self.membership(subject, event) {
            Membership::Subscribed(since) => {
                let answer = delivered(subject, event, end);
                match since {
                    Some(since) => nearly_simultaneous(answer, &since, event).shown_by(&since),
                    None => answer,
                }
            }
            Membership::Refused(refused) => {
                let reason = refused.reason().unwrap_or_default();
                let words = format!(
                    "{arrived}, but the connection was not subscribed: its subscription was refused at {}: {reason}.",
                    time(&refused)
                );
                let answer = Answer::new(Case::Refused, words).with("reason", reason);
                answer.with("at", time(&refused)).shown_by(&refused)
            }
            Membership::Left(left) => {
                let words = format!("{arrived}, but the connection had unsubscribed at {}.", time(&left));
                let answer = Answer::new(Case::Unsubscribed, words).with("at", time(&left));
                nearly_simultaneous(answer, &left, event).shown_by(&left)
            }
            Membership::Later(later) => {
                let words = format!("{arrived}, and the connection subscribed only later, at {}.", time(&later));
                let answer = Answer::new(Case::SubscribedLater, words).with("at", time(&later));
                nearly_simultaneous(answer, &later, event).shown_by(&later)
            }
            Membership::Waiting => {
                let words = format!("{arrived}, but the subscription of the connection waits for the other nodes.");
                Answer::new(Case::Waiting, words)
            }
            Membership::Never => {
                let words = format!("{arrived}, but the connection has never subscribed to this channel.");
                Answer::new(Case::NeverSubscribed, words)
            }
            Membership::Unknown => {
                let words = format!(
                    "{arrived}. Whether the connection was subscribed then is unknown, because the recording begins \
                     after the connection."
                );
                Answer::new(Case::Incomplete, words)
            }
        }
    }

    /// The client came back later, and got the events that it had missed.
    fn recovered(&self, event: &Activity) -> Option<Answer> {
        let recovered = self.recovery_after(event)?;
        let reason = recovered.reason().unwrap_or_default();
        let words = format!(
            "The event {} was published at {}, before the connection was subscribed. The client came back at {} and got \
             the events that it had missed ({reason}): if it was subscribed before, this one is among them.",
            quoted(event.event_name()),
            time(event),
            time(recovered)
        );
        let answer = Answer::new(Case::Recovered, words).with("at", time(recovered));
        Some(answer.with("reason", reason).shown_by(recovered))
    }

    fn connected_after(&self, subject: &Subject, event: &Activity) -> Option<Answer> {
        let recorded = self.last(ActivityKind::Connected);
        let since = match (recorded, &subject.state) {
            (Some(connected), _) => (connected.id() > event.id()).then(|| connected.time()),
            (None, SubjectState::Open(OpenSubject { connected_at, .. })) => {
                (*connected_at - PRECISION > event.time()).then_some(*connected_at)
            }
            (None, _) => None,
        }?;
        let words = format!(
            "The event {} was published at {}, before the connection began at {}. Events are not repeated for later \
             connections; a cache channel would remember the last one.",
            quoted(event.event_name()),
            time(event),
            text(since)
        );
        let answer = Answer::new(Case::ConnectedLater, words).with("at", text(since));
        Some(match recorded {
            Some(connected) => nearly_simultaneous(answer, connected, event).shown_by(connected),
            None => answer,
        })
    }
}

fn excluded(event: &Activity) -> Answer {
    let name = quoted(event.event_name());
    let (case, words) = if event.kind() == ActivityKind::ClientEvent {
        (
            Case::AsSender,
            format!("The connection has sent the event {name} itself, and a sender does not get its own event."),
        )
    } else {
        let words = format!(
            "The backend has excluded this connection from the event {name}: toOthers() sends the socket id of the \
             page whose request caused the event (the header X-Socket-ID)."
        );
        (Case::ByBackend, words)
    };
    Answer::new(case, words)
}

/// The connection was to get the event.
fn delivered(subject: &Subject, event: &Activity, end: Option<&Arc<Activity>>) -> Answer {
    let (name, at) = (quoted(event.event_name()), time(event));
    let sent = format!("The event {name} on {} was sent to this connection at {at}", quoted(event.channel_name()));
    if let Some(end) = end {
        let after = end.time().duration_since(event.time());
        let reason = end.reason().unwrap_or_default();
        if end.end().is_some_and(is_slow) && after <= SLOWNESS {
            let words = format!(
                "The event {name} waited for this connection from {at} on, and the connection was closed at {} with \
                 what waited: {reason}.",
                time(end)
            );
            let answer = Answer::new(Case::Dropped, words).with("reason", reason);
            return answer.with("at", time(end)).shown_by(end);
        }
        if after <= UNDERWAY {
            let words = format!(
                "{sent}. The connection ended at {} ({reason}), so the event may not have reached the page.",
                time(end)
            );
            let answer = Answer::new(Case::EndedSoon, words).with("reason", reason);
            return answer.with("at", time(end)).shown_by(end);
        }
    }
    match &subject.state {
        SubjectState::Open(open) if open.blocked_since.is_some_and(|since| since <= event.time()) => {
            let since = open.blocked_since.map(text).unwrap_or_default();
            let words = format!(
                "The event {name} waits for this connection, which has taken no bytes since {since}: the page or the \
                 network is too slow, or a proxy holds them back."
            );
            let answer = Answer::new(Case::Blocked, words).with("at", since);
            answer.with("queued_frames", open.queued_frames)
        }
        SubjectState::Open(open) if open.queued_frames > 0 => {
            let words = format!(
                "{sent}. {} frames wait to be written to it now, and the event may be among them.",
                open.queued_frames
            );
            Answer::new(Case::Queued, words).with("queued_frames", open.queued_frames)
        }
        _ => {
            let words = format!(
                "{sent}. If the page shows nothing, look there: at the name it listens to (a name without the \
                 namespace App\\Events needs a leading dot in Echo), and at the handler."
            );
            Answer::new(Case::Sent, words)
        }
    }
}

fn ended_before(end: &Arc<Activity>, event: &Activity) -> Answer {
    let reason = end.reason().unwrap_or_default();
    let is_slow = end.end().is_some_and(is_slow);
    let case = if is_slow { Case::ClosedBefore } else { Case::Ended };
    let words = format!(
        "The event {} was published at {}, after the connection had ended at {}: {reason}.",
        quoted(event.event_name()),
        time(event),
        time(end)
    );
    let answer = Answer::new(case, words).with("reason", reason).with("at", time(end));
    nearly_simultaneous(answer, end, event).shown_by(end)
}

const fn is_slow(reason: Disconnect) -> bool {
    matches!(reason, Disconnect::SlowReader | Disconnect::OutboxesFull)
}

/// Says that the order of two activities is uncertain, if it is.
fn nearly_simultaneous(answer: Answer, activity: &Activity, event: &Activity) -> Answer {
    let between = activity.time().duration_since(event.time()).abs();
    if between > SIMULTANEOUS {
        return answer;
    }
    let milliseconds = i64::try_from(between.as_millis()).unwrap_or_default();
    let words =
        format!("Both came within {milliseconds} ms, so their order on the channel may have been the other one.");
    answer.and(words).with("within_milliseconds", milliseconds)
}
