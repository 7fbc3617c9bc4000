//! Whether a connection was to get an event at the time of the event.

use std::sync::Arc;

use clairon_server::live_feed::{Activity, ActivityKind};

use super::{OpenSubject, Records, Subject, SubjectState};

/// The relation of a connection to the channel of an event, at that time.
#[derive(Debug)]
pub(super) enum Membership {
    /// It was subscribed, since this activity if that is recorded.
    Subscribed(Option<Arc<Activity>>),
    /// It was not, and the last attempt was refused.
    Refused(Arc<Activity>),
    /// It had unsubscribed.
    Left(Arc<Activity>),
    /// It subscribed only later.
    Later(Arc<Activity>),
    /// Its subscription waits for the other nodes.
    Waiting,
    /// It was not subscribed, and has not tried.
    Never,
    /// What is recorded does not say.
    Unknown,
}

/// What is recorded of a connection.
pub(super) struct Story<'a> {
    activities: Vec<&'a Arc<Activity>>,
}

impl<'a> Story<'a> {
    pub(super) fn of(subject: &Subject, records: &'a Records) -> Self {
        let is_own = |activity: &&Arc<Activity>| activity.socket_id() == Some(subject.socket_id);
        Self { activities: records.connections.iter().filter(is_own).collect() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.activities.is_empty()
    }

    /// The last activity of this kind.
    pub(super) fn last(&self, kind: ActivityKind) -> Option<&'a Arc<Activity>> {
        self.activities.iter().rev().find(|activity| activity.kind() == kind).copied()
    }

    /// The first recovery of missed events of the channel after `event`, unless the connection was subscribed when that
    /// was published.
    pub(super) fn recovery_after(&self, event: &Activity) -> Option<&'a Arc<Activity>> {
        let of_channel = |activity: &&&Arc<Activity>| activity.channel_name() == event.channel_name();
        let mut of_channel = self.activities.iter().filter(of_channel).copied();
        let first = of_channel.find(|activity| {
            matches!(activity.kind(), ActivityKind::Subscribed | ActivityKind::Unsubscribed | ActivityKind::Recovered)
        })?;
        let is_late = first.id() > event.id() && first.kind() != ActivityKind::Unsubscribed;
        is_late
            .then(|| self.last(ActivityKind::Recovered))
            .flatten()
            .filter(|last| last.channel_name() == event.channel_name() && last.id() > event.id())
    }

    /// The relation of the connection to the channel of `event`, when that was published.
    pub(super) fn membership(&self, subject: &Subject, event: &Activity) -> Membership {
        let Some(channel) = event.channel_name() else { return Membership::Unknown };
        match channel.strip_prefix("#server-to-user-") {
            Some(user) => self.stay(subject, event, user),
            None => self.subscription(subject, event, channel),
        }
    }

    /// Whether the connection was signed in as a user.
    fn stay(&self, subject: &Subject, event: &Activity, user: &str) -> Membership {
        let signed_in = self.last(ActivityKind::SignedIn).filter(|stay| stay.user_id() == Some(user));
        match (signed_in, &subject.state) {
            (Some(stay), _) if stay.id() < event.id() => Membership::Subscribed(Some(stay.clone())),
            (Some(stay), _) => Membership::Later(stay.clone()),
            (None, SubjectState::Open(open)) if open.user_id.as_deref() == Some(user) => Membership::Subscribed(None),
            _ => match self.last(ActivityKind::SignInRefused) {
                Some(refused) => Membership::Refused(refused.clone()),
                None if self.is_whole(subject) => Membership::Never,
                None => Membership::Unknown,
            },
        }
    }

    fn subscription(&self, subject: &Subject, event: &Activity, channel: &str) -> Membership {
        use ActivityKind::{Subscribed, SubscriptionRefused, Unsubscribed};
        let of_channel = || self.activities.iter().copied().filter(|activity| activity.channel_name() == Some(channel));
        let changes = || of_channel().filter(|activity| matches!(activity.kind(), Subscribed | Unsubscribed));
        let refused = |until: u64| {
            of_channel().rev().find(|activity| activity.kind() == SubscriptionRefused && activity.id() < until)
        };
        if let Some(before) = changes().rev().find(|change| change.id() < event.id()) {
            return match (before.kind(), refused(event.id())) {
                (Subscribed, _) => Membership::Subscribed(Some(before.clone())),
                (_, Some(refused)) if refused.id() > before.id() => Membership::Refused(refused.clone()),
                _ => Membership::Left(before.clone()),
            };
        }
        match changes().find(|change| change.id() > event.id()) {
            // A connection that leaves was subscribed before the recording began.
            Some(after) if after.kind() == Unsubscribed => Membership::Subscribed(None),
            Some(after) => match refused(event.id()) {
                Some(refused) => Membership::Refused(refused.clone()),
                None => Membership::Later(after.clone()),
            },
            None => self.unchanged(subject, channel, refused(u64::MAX)),
        }
    }

    /// The relation of a connection without a recorded change of its subscription.
    fn unchanged(&self, subject: &Subject, channel: &str, refused: Option<&Arc<Activity>>) -> Membership {
        let open = match &subject.state {
            SubjectState::Open(open) => Some(open),
            SubjectState::OfOtherApp(_) | SubjectState::Gone => None,
        };
        let has = |channels: fn(&OpenSubject) -> &std::collections::BTreeSet<String>| {
            open.is_some_and(|open| channels(open).contains(channel))
        };
        if has(|open| &open.subscribed) {
            return Membership::Subscribed(None);
        }
        match refused {
            _ if has(|open| &open.waiting) => Membership::Waiting,
            Some(refused) => Membership::Refused(refused.clone()),
            None if self.is_whole(subject) => Membership::Never,
            None => Membership::Unknown,
        }
    }

    /// True if what is not recorded has not happened: the connection is open, so that its state is known, or all of it
    /// is recorded.
    fn is_whole(&self, subject: &Subject) -> bool {
        matches!(subject.state, SubjectState::Open(_)) || self.last(ActivityKind::Connected).is_some()
    }
}
