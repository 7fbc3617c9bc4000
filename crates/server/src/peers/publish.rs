//! Publishing: an event becomes one sealed frame for each channel, and goes to all nodes.

use std::borrow::Cow;

use clairon_cluster::BusError;
use clairon_protocol::{CacheEntry, ChannelName, Event, EventData, LogPlace, Publication, SocketId};
use clairon_registry::{App, WebhookKind};

use super::Peers;
use crate::event_frame;

/// An event to publish, validated against the app's limits.
#[derive(Debug)]
pub struct OutgoingEvent<'a> {
    /// The event's name.
    pub event: Cow<'a, str>,
    /// The event's data.
    pub data: Cow<'a, EventData>,
    /// The channels of the event, each once.
    pub channels: Cow<'a, [ChannelName]>,
    /// The connection that does not get it.
    pub except: Option<SocketId>,
    /// The origin of the event.
    pub(crate) origin: EventOrigin<'a>,
}

/// The origin of an event.
#[derive(Clone, Copy, Debug)]
pub(crate) enum EventOrigin<'a> {
    /// The app's backend. Cache channels remember only a backend's events.
    Backend,
    /// A client. On a presence channel it has its user's id.
    Client(Option<&'a str>),
}

impl Peers {
    /// Publishes events, each to all its channels, in order. On a lone node the events are queued for all receivers
    /// when this returns.
    ///
    /// # Errors
    /// When the other nodes cannot be reached, or do not confirm the events; or when the server is about to stop and
    /// has saved the logs of its channels.
    pub(crate) async fn publish<'a>(
        &self,
        app: &App,
        messages: impl Iterator<Item = &'a OutgoingEvent<'a>>,
    ) -> Result<(), PublishError> {
        let publications = messages.flat_map(|message| encode(app, message));
        match self {
            Self::Alone(alone) => alone.publish(app, publications),
            // Boxed, because the task of each connection has room for the largest future that is awaited in it.
            Self::Many(many) => Ok(Box::pin(many.publish(publications.collect())).await?),
        }
    }

    /// Publishes an event of a client. With other nodes, and if endpoints of the app hear of it, it returns the time of
    /// the event by the clock that all nodes share, in microseconds.
    ///
    /// # Errors
    /// Those of [`Self::publish`].
    pub(crate) async fn publish_client_event(
        &self,
        app: &App,
        message: &OutgoingEvent<'_>,
    ) -> Result<Option<u64>, PublishError> {
        match self {
            Self::Many(many) if app.webhooks.wants(WebhookKind::ClientEvent) => {
                let Some(publication) = encode(app, message).next() else { return Ok(None) };
                // The box has the publication too, so that it takes no room in the task of every client.
                Ok(Box::pin(async move { many.cluster.publish_timed(&publication).await }).await?)
            }
            Self::Many(many) => {
                Box::pin(many.publish(encode(app, message).collect())).await?;
                Ok(None)
            }
            Self::Alone(alone) => alone.publish(app, encode(app, message)).map(|()| None),
        }
    }

    /// Refuses all later events of apps with recovery. When this returns, all earlier ones are in the logs.
    pub(crate) fn refuse_events(&self) {
        if let Self::Alone(alone) = self {
            alone.refuse_events();
        }
    }
}

/// The reason why events are not published.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(crate) enum PublishError {
    #[error(transparent)]
    Bus(#[from] BusError),
    /// The logs of channels are saved already, so clients could not recover the event.
    #[error("the server is stopping: trigger the event again once it has started")]
    Stopping,
}

/// The publication of the event for each of its channels.
fn encode<'a>(app: &'a App, message: &'a OutgoingEvent<'a>) -> impl Iterator<Item = Publication> + 'a {
    let OutgoingEvent { event, data, channels, except, origin } = message;
    let (user_id, is_of_backend) = match *origin {
        EventOrigin::Backend => (None, true),
        EventOrigin::Client(user_id) => (user_id, false),
    };
    channels.iter().map(move |channel| Publication {
        app: app.id.clone(),
        channel: channel.clone(),
        frame: event_frame::encode(&Event::Published { event, channel, data, user_id }),
        except: *except,
        log: (is_of_backend && app.recovery).then(|| app.log_room()),
        place: LogPlace::None,
        cache: (is_of_backend && channel.is_cache()).then(|| CacheEntry {
            data: data.json().into(),
            ttl_seconds: app.limits.cache_ttl_seconds,
            room: app.limits.cache_room(),
            ends_miss: app.webhooks.wants(WebhookKind::CacheMiss),
        }),
        version: None,
    })
}
