//! What feeds the live feed.

use bytes::Bytes;
use clairon_protocol::{ChannelName, Publication};
use clairon_registry::App;

use super::{Activity, ActivityKind, EventText, LiveFeed};
use crate::{
    event_frame::{self, PublishedFrame},
    node::Node,
    peers::{EventOrigin, OutgoingEvent},
};

impl Node {
    /// True if there are watchers, or something is recorded.
    pub(crate) fn is_watched(&self) -> bool {
        self.live.is_used()
    }

    /// Sends an activity to the watchers, if there are any.
    pub fn observe(&self, activity: impl FnOnce() -> Activity) {
        self.live.observe(activity);
    }

    /// Sends a published event to the watchers.
    pub(crate) fn observe_event(&self, app: &App, message: &OutgoingEvent<'_>) {
        if self.is_watched() && self.live.wants(&app.id) {
            let (kind, user) = match message.origin {
                EventOrigin::Backend => (ActivityKind::Event, None),
                EventOrigin::Client(user) => (ActivityKind::ClientEvent, user),
            };
            let sender = message.except.filter(|_| kind == ActivityKind::ClientEvent);
            let data = EventText::of(&message.data.text());
            for channel in message.channels.iter() {
                let event = Activity::new(kind).app(&app.id).channel(channel.as_str()).event(&message.event);
                let event = event.data(&data, message.channels.len()).receivers(self.receivers(app, message, channel));
                let event = event.user(user).except(message.except);
                self.live.send(sender.map_or(event.clone(), |sender| event.socket(sender)));
            }
        }
    }

    /// The number of connections of this node that get an event; `None` for the channel of a user.
    pub(crate) fn receivers(&self, app: &App, message: &OutgoingEvent<'_>, channel: &ChannelName) -> Option<usize> {
        let hub = self.hub.app(&app.id);
        channel.user_id().is_none().then(|| {
            hub.channel(channel).map_or(0, |channel| {
                let is_left_out = message.except.is_some_and(|connection| channel.contains(connection));
                channel.summary().subscription_count.saturating_sub(usize::from(is_left_out))
            })
        })
    }
}

impl LiveFeed {
    /// Sends an event to the watchers that has come from another node.
    pub(crate) fn observe_relayed(&self, publication: &Publication, receivers: usize) {
        let Publication { app, channel, frame, except, .. } = publication;
        let is_news = || self.wants(app) && !self.published_here.lock().take(app, channel, frame);
        if self.is_used() && is_news() {
            let Some(PublishedFrame { event, data, user_id }) = event_frame::published(&Bytes::clone(frame)) else {
                return;
            };
            // The name that only events of clients have, unless a backend imitates them.
            let kind = if event.starts_with("client-") { ActivityKind::ClientEvent } else { ActivityKind::Event };
            let activity = Activity::new(kind).app(app).channel(channel.as_str()).event(&event).relayed();
            let activity = activity.data(&EventText::of(&data), 1).receivers(Some(receivers)).except(*except);
            self.send(activity.user(user_id.as_deref()));
        }
    }
}
