//! Collects what the flight recorder has about a question.

use std::{collections::HashSet, sync::Arc};

use clairon_protocol::SocketId;
use clairon_server::live_feed::{Activity, ActivityKind, Filter, LiveFeed};

use super::{judge::is_published, names};

/// The largest number of events, and of activities of connections, that are looked at.
const MOST: usize = 5_000;
/// The largest number of events of other apps, and of refused requests.
const FEW: usize = 10;

/// What the recorder has about a question, each list in its order.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    pub(crate) events: Vec<Arc<Activity>>,
    pub(crate) connections: Vec<Arc<Activity>>,
    pub(crate) elsewhere: Vec<Arc<Activity>>,
    pub(crate) refused_requests: Vec<Arc<Activity>>,
}

/// What is looked for.
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) app: &'a str,
    pub(crate) event: Option<&'a str>,
    pub(crate) channel: Option<&'a str>,
    pub(crate) activity: Option<u64>,
    pub(crate) sockets: &'a HashSet<SocketId>,
}

/// True for a request that was to publish events.
fn is_trigger(activity: &Activity) -> bool {
    activity.request_line().is_some_and(|line| line.starts_with("POST ") && line.ends_with("events"))
}

impl Evidence {
    /// Looks through the whole recording, from its end.
    pub(crate) fn collect(live: &LiveFeed, wanted: &Wanted<'_>) -> Self {
        let (mut found, mut before) = (Self::default(), u64::MAX);
        let everything = Filter { events: true, ..Filter::default() };
        loop {
            let part = live.recorded(&everything, before, MOST);
            let Some(oldest) = part.last() else { break };
            before = oldest.id();
            for activity in &part {
                found.take(activity, wanted);
            }
        }
        for list in [&mut found.events, &mut found.connections, &mut found.elsewhere, &mut found.refused_requests] {
            list.reverse();
        }
        found
    }

    fn take(&mut self, activity: &Arc<Activity>, wanted: &Wanted<'_>) {
        let is_of_app = activity.app_id() == Some(wanted.app);
        let names = [wanted.event, wanted.event.and_then(names::undotted)];
        let is_named = wanted.event.is_none() || names.iter().flatten().any(|name| activity.event_name() == Some(name));
        let mut add = |list: fn(&mut Self) -> &mut Vec<Arc<Activity>>, most: usize| {
            let list = list(self);
            if list.len() < most {
                list.push(activity.clone());
            }
        };
        if is_published(activity.kind()) {
            let is_on_channel = wanted.channel.is_none() || activity.channel_name() == wanted.channel;
            let is_similar = || {
                let both = wanted.event.zip(activity.event_name());
                both.is_some_and(|(one, other)| names::are_similar_events(one, other))
            };
            let is_meant = wanted.activity == Some(activity.id());
            if is_of_app && (is_meant || (is_named && (is_on_channel || wanted.event.is_some())) || is_similar()) {
                add(|found| &mut found.events, MOST);
            } else if !is_of_app && wanted.event.is_some() && is_named && is_on_channel {
                add(|found| &mut found.elsewhere, FEW);
            }
        } else if is_of_app && activity.kind() == ActivityKind::RequestRefused && is_trigger(activity) {
            add(|found| &mut found.refused_requests, FEW);
        }
        if is_of_app && activity.socket_id().is_some_and(|id| wanted.sockets.contains(&id)) {
            add(|found| &mut found.connections, MOST);
        }
    }
}
