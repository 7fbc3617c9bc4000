//! Events that clients send to each other.

use std::{borrow::Cow, sync::Arc};

use clairon_hub::Millis;
use clairon_protocol::{CLIENT_EVENT_RATE, ChannelName, ClientEvent, EventData, UserId};
use clairon_registry::App;
use clairon_webhooks::WebhookEvent;

use super::connection::Connection;
use crate::{
    peers::{EventOrigin, OutgoingEvent, Seat},
    refusals::Refused,
};

/// The number of client events in the current second.
///
/// Every connection has one, so it is small.
#[derive(Default)]
pub(super) struct RateWindow {
    /// The start of the second, in milliseconds: the lower half of the clock's time.
    started_at: u32,
    events: u32,
}

impl RateWindow {
    /// Counts an event. False if the limit of the second is reached.
    fn admit(&mut self, now: Millis, limit: u32) -> bool {
        #[expect(clippy::cast_possible_truncation, reason = "the lower half of the clock's time")]
        let now = now as u32;
        if now.wrapping_sub(self.started_at) >= 1_000 {
            *self = Self { started_at: now, events: 0 };
        }
        self.events += 1;
        self.events <= limit
    }
}

/// A client's event that will be published.
pub(super) struct AdmittedEvent<'a> {
    app: Arc<App>,
    event: ClientEvent<'a>,
    data: EventData,
    channel: ChannelName,
    /// The member that the client is; presence channels only.
    user_id: Option<UserId>,
}

/// The reason why an event is refused: the code and the message for the client.
type EventRefusal = (Option<u16>, String);

impl Connection {
    /// Checks a client event. The client must be subscribed to its channel. `None` if it is refused; the connection
    /// stays open.
    pub(super) fn admit_event<'a>(&mut self, app: Arc<App>, event: ClientEvent<'a>) -> Option<AdmittedEvent<'a>> {
        match self.check_event(&app, &event) {
            Ok((data, channel, user_id)) => Some(AdmittedEvent { app, event, data, channel, user_id }),
            Err(refusal) => {
                self.refuse_event(&event, &refusal);
                None
            }
        }
    }

    /// The event's data, the channel, and the member that the client is on it.
    fn check_event(
        &mut self,
        app: &App,
        event: &ClientEvent<'_>,
    ) -> Result<(EventData, ChannelName, Option<UserId>), EventRefusal> {
        let refuse = |message: String| Err((None, message));
        if !app.client_messages {
            return refuse("Client events are not enabled for this app (client_messages)".to_owned());
        }
        let (size, limit) = (event.event.chars().count(), app.limits.event_name_chars as usize);
        if size > limit {
            return refuse(format!("The client event's name has {size} characters, the limit is {limit}"));
        }
        let data = event.data.map_or_else(|| EventData::from_text("null"), EventData::new);
        let (size, limit) = (data.bytes(), app.limits.event_data_bytes as usize);
        if size > limit {
            return refuse(format!("The client event's data has {size} bytes, the limit is {limit}"));
        }
        let Some((channel, seat)) = self.subscriptions.get_key_value(event.channel.as_ref()) else {
            return refuse("Client events need a subscription to their channel".to_owned());
        };
        if seat.as_ref().is_some_and(|seat| !seat.is_taken_by(self.session.id())) {
            return refuse("Client events need a subscription that has succeeded".to_owned());
        }
        if !channel.kind().takes_client_events() {
            return refuse("Client events are for private and presence channels".to_owned());
        }
        if !self.client_events.admit(self.node.clock.now(), app.limits.client_events_per_second) {
            let limit = app.limits.client_events_per_second;
            return Err((Some(CLIENT_EVENT_RATE), format!("Client event dropped: more than {limit} in a second")));
        }
        let audience = seat.as_ref().map_or(0, Seat::audience);
        let admitted = (data, channel.clone(), seat.as_ref().and_then(Seat::user_id).cloned());
        self.charge_fanout(audience);
        Ok(admitted)
    }

    /// Publishes an event. If the other nodes cannot be reached, the client gets an error.
    pub(super) async fn publish(&self, admitted: &AdmittedEvent<'_>) {
        let AdmittedEvent { app, event, data, channel, user_id } = admitted;
        let message = OutgoingEvent {
            event: (&*event.event).into(),
            data: Cow::Borrowed(data),
            channels: std::slice::from_ref(channel).into(),
            except: Some(self.session.id()),
            origin: EventOrigin::Client(user_id.as_ref().map(UserId::as_str)),
        };
        match self.node.peers.publish_client_event(app, &message).await {
            Ok(time) => {
                self.node.observe_event(app, &message);
                if !app.webhooks.is_empty() {
                    self.announce(admitted, time);
                }
            }
            Err(error) => self.refuse_event(event, &(None, error.to_string())),
        }
    }

    /// Gives an event that was published to the endpoints of the app. `time` is its time by the clock that all nodes
    /// share, if there are others.
    fn announce(&self, admitted: &AdmittedEvent<'_>, time: Option<u64>) {
        let AdmittedEvent { app, event, data, channel, user_id } = admitted;
        let announced = WebhookEvent::ClientEvent {
            channel: channel.as_str(),
            event: &event.event,
            data: &data.text(),
            socket_id: self.session.id(),
            user_id: user_id.as_ref().map(UserId::as_str),
        };
        self.node.announcer.client_event(app, channel, &announced, time);
    }

    fn refuse_event(&self, event: &ClientEvent<'_>, (code, message): &EventRefusal) {
        self.note_refusal(Refused::ClientEvent, |refused| {
            refused.channel(&event.channel).event(&event.event).because(message)
        });
        self.complain(*code, message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_its_limit() {
        let mut window = RateWindow::default();
        assert_eq!([0, 1, 2, 999].map(|now| window.admit(now, 3)), [true, true, true, false]);
        assert!(window.admit(1_000, 3));
    }
}
