//! An activity on this node.

mod parts;

use std::{borrow::Cow, fmt::Display, sync::Arc};

use clairon_protocol::{AppId, Disconnect, SocketId};
use clairon_registry::{AppCache, HIDDEN_SECRET};
use http::Method;
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use tracing::{info, warn};
use utoipa::ToSchema;

use super::{
    client_details::ClientDetails,
    event_text::{DataLimit, EventText},
    kind::ActivityKind,
    text::Text,
};
use crate::{
    edge::PeerAddress,
    peer_text::{hide_secrets, start_of},
};

/// A reason is shown up to this many characters. Only reasons that repeat long texts of peers are longer.
const SHOWN_REASON: usize = 1_000;

/// An activity. Fields that do not apply are omitted.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Activity {
    /// The number of the activity on this node. A later activity has a greater one, also after a restart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<u64>,
    /// The time, in UTC.
    #[serde(serialize_with = "to_milliseconds")]
    #[schema(value_type = String)]
    pub(super) time: Timestamp,
    /// The kind of the activity.
    pub(super) kind: ActivityKind,
    /// The app's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(super) app: Option<AppId>,
    /// The socket id of the connection. For the event of a client it is the sender, for an event to one connection the
    /// receiver.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(super) socket: Option<SocketId>,
    /// The address of the client or the backend; `unix` for a connection over a Unix socket.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "to_text")]
    #[schema(value_type = Option<String>)]
    peer: Option<PeerAddress>,
    /// What a client that connects says of itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<Box<ClientDetails>>,
    /// The channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    channel: Option<Text>,
    /// The event's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    event: Option<Text>,
    /// The method and the path of a request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    request: Option<Text>,
    /// The user, or the user that sent the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    user: Option<Text>,
    /// The connection that does not get the event: the `socket_id` of a backend, or the sender.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    except: Option<SocketId>,
    /// The endpoint's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook: Option<String>,
    /// The delivery's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery: Option<String>,
    /// The code that closes the connection, or the status of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u16>,
    /// The exact reason, like in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The length of the data, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<usize>,
    /// The number of receivers on this node.
    #[serde(skip_serializing_if = "Option::is_none")]
    receivers: Option<usize>,
    /// The data, or its start.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    data: Option<Arc<str>>,
    /// True if the data is longer than that.
    #[serde(skip_serializing_if = "is_false")]
    #[schema(required = false)]
    data_cut: bool,
    /// True if the data contains a secret, which is hidden.
    #[serde(skip_serializing_if = "is_false")]
    #[schema(required = false)]
    data_hidden: bool,
    /// True for an event that was published through another node.
    #[serde(skip_serializing_if = "is_false")]
    #[schema(required = false)]
    relayed: bool,
    /// The number of activities left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
    /// The reason for which the server has closed the connection.
    #[serde(skip)]
    ended: Option<Disconnect>,
    /// The memory of the data, in bytes. The activities of an event share it.
    #[serde(skip)]
    data_weight: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

#[expect(clippy::ref_option, reason = "serde calls it with a reference")]
fn to_text<S: Serializer>(value: &Option<PeerAddress>, serializer: S) -> Result<S::Ok, S::Error> {
    value.map(|peer| peer.to_string()).serialize(serializer)
}

fn to_milliseconds<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{time:.3}"))
}

impl Activity {
    /// An activity of now.
    #[must_use]
    pub fn new(kind: ActivityKind) -> Self {
        Self::at(Timestamp::now(), kind)
    }

    /// An activity of this time.
    #[must_use]
    pub const fn at(time: Timestamp, kind: ActivityKind) -> Self {
        Self {
            id: None,
            time,
            kind,
            app: None,
            socket: None,
            peer: None,
            client: None,
            channel: None,
            event: None,
            request: None,
            user: None,
            except: None,
            webhook: None,
            delivery: None,
            code: None,
            reason: None,
            bytes: None,
            receivers: None,
            data: None,
            data_cut: false,
            data_hidden: false,
            relayed: false,
            count: None,
            ended: None,
            data_weight: 0,
        }
    }

    /// Sets the number. A later activity needs a greater one.
    #[must_use]
    pub fn numbered(mut self, id: u64) -> Self {
        self.id = Some(id);
        self
    }

    /// Sets the app.
    #[must_use]
    pub fn app(self, id: &AppId) -> Self {
        Self { app: Some(id.clone()), ..self }
    }

    /// Sets the app, if it is known.
    pub(crate) fn perhaps_app(self, id: Option<&AppId>) -> Self {
        Self { app: id.cloned(), ..self }
    }

    /// Sets the connection.
    #[must_use]
    pub fn socket(self, id: SocketId) -> Self {
        Self { socket: Some(id), ..self }
    }

    pub(crate) fn peer(self, peer: PeerAddress) -> Self {
        Self { peer: Some(peer), ..self }
    }

    pub(crate) fn client(self, client: Option<Box<ClientDetails>>) -> Self {
        Self { client, ..self }
    }

    /// Sets the channel.
    #[must_use]
    pub fn channel(self, name: &str) -> Self {
        Self { channel: Some(Text::of(name)), ..self }
    }

    /// Sets the name of the event.
    #[must_use]
    pub fn event(self, name: &str) -> Self {
        Self { event: Some(Text::of(name)), ..self }
    }

    pub(crate) fn request(self, method: &Method, path: &str) -> Self {
        Self { request: Some(Text::of(&format!("{method} {path}"))), ..self }
    }

    /// Sets the user, if there is one.
    #[must_use]
    pub fn user(self, id: Option<&str>) -> Self {
        Self { user: id.map(Text::of), ..self }
    }

    /// Sets the connection that does not get the event.
    #[must_use]
    pub fn except(self, connection: Option<SocketId>) -> Self {
        Self { except: connection, ..self }
    }

    pub(crate) fn delivery(self, webhook: &str, delivery: &str) -> Self {
        Self { webhook: Some(webhook.to_owned()), delivery: Some(delivery.to_owned()), ..self }
    }

    pub(crate) fn perhaps_code(self, code: Option<u16>) -> Self {
        Self { code, ..self }
    }

    pub(crate) fn code(self, code: u16) -> Self {
        Self { code: Some(code), ..self }
    }

    /// Sets the reason.
    #[must_use]
    pub fn because(self, reason: impl Display) -> Self {
        Self { reason: Some(reason.to_string()), ..self }
    }

    /// The server has closed the connection for this reason.
    #[must_use]
    pub fn ended(self, reason: Disconnect) -> Self {
        Self { ended: Some(reason), ..self.code(reason.code()).because(reason) }
    }

    /// Sets the data, which as many activities share as the event has channels.
    #[must_use]
    pub fn data(self, EventText(data): &EventText, channels: usize) -> Self {
        let data_weight = data.len() / channels.max(1);
        Self { bytes: Some(data.len()), data: Some(data.clone()), data_weight, ..self }
    }

    /// Sets the number of receivers on this node; `None` for the channel of a user.
    #[must_use]
    pub fn receivers(self, receivers: Option<usize>) -> Self {
        Self { receivers, ..self }
    }

    /// The event was published through another node.
    pub(crate) fn relayed(self) -> Self {
        Self { relayed: true, ..self }
    }

    pub(super) fn of_missed(count: u64) -> Self {
        Self { count: Some(count), ..Self::new(ActivityKind::Missed) }
    }

    /// The activity fit to be shown: it contains no secret of an app, and texts of peers are cut to fit a line.
    #[must_use]
    pub fn shown(&self, apps: &AppCache, limit: DataLimit) -> Self {
        let mut shown = self.clone();
        let texts = [&mut shown.channel, &mut shown.event, &mut shown.user, &mut shown.request];
        for text in texts.into_iter().flatten() {
            text.make_presentable(apps);
        }
        if let Some(client) = &mut shown.client {
            client.make_presentable(apps);
        }
        shown.reason = shown.reason.map(|reason| hide_secrets(apps, &reason, SHOWN_REASON).into_owned());
        if let Some(data) = &self.data {
            let chars = match limit {
                DataLimit::Chars(chars) => chars,
                DataLimit::Bytes(bytes) => data[..data.floor_char_boundary(bytes)].chars().count(),
            };
            let text = apps.hide_secrets(data, chars);
            shown.data_cut = start_of(data, chars).len() < data.len();
            shown.data_hidden = matches!(text, Cow::Owned(_));
            if shown.data_cut || shown.data_hidden {
                shown.data = Some(text.into());
            }
        }
        shown
    }

    /// The JSON form. It is written by this crate, which is optimized: a watcher may get very many activities.
    #[must_use]
    pub fn json(&self) -> String {
        // Texts and numbers can always be serialized.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Logs a refusal, as it is [shown](Self::shown). `left_out` is the number of similar refusals that were not
    /// logged.
    pub(crate) fn log(&self, left_out: u64) {
        let Self { app, socket, peer, channel, event, request, code, reason, .. } = self;
        let [channel, event, request] = [channel, event, request].map(|text| text.as_ref().map(Text::as_str));
        macro_rules! line {
            ($level:ident) => {
                $level!(
                    target: "clairon_server::refusals",
                    app = app.as_ref().map(AppId::as_str),
                    socket = socket.map(tracing::field::display),
                    peer = peer.map(tracing::field::display),
                    channel,
                    event,
                    request,
                    code,
                    reason = reason.as_deref(),
                    left_out = (left_out > 0).then_some(left_out),
                    "{}",
                    self.kind.words(),
                )
            };
        }
        // A refused message closes the connection, so it has the level of all closed connections.
        if self.kind == ActivityKind::MessageRefused { line!(info) } else { line!(warn) }
    }

    /// The memory that it takes, in bytes.
    pub(super) fn weight(&self) -> usize {
        let texts = [&self.channel, &self.event, &self.user, &self.request];
        let texts: usize = texts.into_iter().flatten().map(|text| text.as_str().len()).sum();
        let strings = [&self.webhook, &self.delivery, &self.reason];
        let strings: usize = strings.into_iter().flatten().map(String::len).sum();
        let client = self.client.as_ref().map_or(0, |client| client.weight());
        size_of::<Self>() + texts + strings + client + self.data_weight
    }

    /// True if a text of it contains this one.
    pub(super) fn mentions(&self, text: &str) -> bool {
        let texts = [&self.channel, &self.event, &self.user, &self.request];
        let strings = [self.webhook.as_deref(), self.delivery.as_deref(), self.reason.as_deref(), self.data.as_deref()];
        texts.into_iter().flatten().any(|own| own.as_str().contains(text))
            || strings.into_iter().flatten().any(|own| own.contains(text))
            || self.client.as_ref().is_some_and(|client| client.mentions(text))
            || self.socket.is_some_and(|socket| socket.to_string().contains(text))
            || self.peer.is_some_and(|peer| peer.to_string().contains(text))
    }

    /// True if a text of it, as it is [shown](Self::shown), had a secret.
    pub(super) fn hides_secret(&self) -> bool {
        self.mentions(HIDDEN_SECRET)
    }

    #[cfg(test)]
    pub(super) fn missed(&self) -> Option<u64> {
        self.count
    }
}
