//! Composes the store entry of a report: its event, and the endpoints that receive it.

use clairon_protocol::ChannelName;
use clairon_registry::{App, AppCache, DeliveryId, Entry, EventCopy, NewEvent, Observation, Subject, WebhookKind};
use jiff::Timestamp;

use super::report::{ChannelReport, ReportContent};
use crate::WebhookEvent;

/// The store entry of a report. `None` if its app no longer exists or there is nothing to store. `are_alone`: each
/// event has a request of its own, because batching is off.
pub(crate) fn entry(apps: &AppCache, are_alone: bool, report: ChannelReport) -> Option<Entry> {
    let ChannelReport { app, channel, at, place, content } = report;
    let described = apps.by_id(&app)?;
    let (observation, is_silent) = match &content {
        ReportContent::Observed { observation, is_silent } => (Some(observation.clone()), *is_silent),
        ReportContent::Counted { version, .. } => {
            (Some(Observation { subject: Subject::Count, is_present: true, version: *version }), false)
        }
        ReportContent::ClientEvent(_) => (None, false),
    };
    let copies = if is_silent { Vec::new() } else { copies(&described, kind(&content), &channel, (at, are_alone)) };
    let event = (!copies.is_empty()).then(|| NewEvent { body: body(&content, &channel), happened_at: at, copies });
    (observation.is_some() || event.is_some()).then_some(Entry { app, channel, place, observation, event })
}

fn copies(app: &App, kind: WebhookKind, channel: &ChannelName, (at, are_alone): (Timestamp, bool)) -> Vec<EventCopy> {
    let takers = app.webhooks.iter().filter(|webhook| webhook.takes(kind, channel.as_str()));
    let copy = |id| EventCopy { webhook: id, delivery: DeliveryId::made_at(at), is_alone: are_alone };
    takers.map(|webhook| copy(webhook.id.clone())).collect()
}

fn kind(content: &ReportContent) -> WebhookKind {
    match content {
        ReportContent::ClientEvent(_) => WebhookKind::ClientEvent,
        ReportContent::Counted { .. } => WebhookKind::SubscriptionCount,
        ReportContent::Observed { observation, .. } => match (&observation.subject, observation.is_present) {
            (Subject::Channel, true) => WebhookKind::ChannelOccupied,
            (Subject::Channel, false) => WebhookKind::ChannelVacated,
            (Subject::Member(_), true) => WebhookKind::MemberAdded,
            (Subject::Member(_), false) => WebhookKind::MemberRemoved,
            (Subject::Miss, _) => WebhookKind::CacheMiss,
            (Subject::Count, _) => WebhookKind::SubscriptionCount,
        },
    }
}

fn body(content: &ReportContent, channel: &ChannelName) -> String {
    let channel = channel.as_str();
    let event = match content {
        ReportContent::ClientEvent(json) => return json.to_string(),
        ReportContent::Counted { count, .. } => WebhookEvent::SubscriptionCount { channel, subscription_count: *count },
        ReportContent::Observed { observation, .. } => match (&observation.subject, observation.is_present) {
            (Subject::Channel | Subject::Count, true) => WebhookEvent::ChannelOccupied { channel },
            (Subject::Channel | Subject::Count, false) => WebhookEvent::ChannelVacated { channel },
            (Subject::Member(user), true) => WebhookEvent::MemberAdded { channel, user_id: user.as_str() },
            (Subject::Member(user), false) => WebhookEvent::MemberRemoved { channel, user_id: user.as_str() },
            (Subject::Miss, _) => WebhookEvent::CacheMiss { channel },
        },
    };
    event.to_json()
}
