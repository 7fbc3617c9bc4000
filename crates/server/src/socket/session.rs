//! The task of a connection: it performs the client's messages and writes the outbox, until either side ends it.

use std::{
    collections::VecDeque,
    future::poll_fn,
    pin::pin,
    str,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use clairon_hub::Session;
use clairon_protocol::{Disconnect, Event};
use clairon_websocket::{ClientMessage, CloseCode, DecodeError, Patience, ReadError, Received, Socket, frame};
use tokio::task::yield_now;
use tracing::debug;

use super::{client_event::AdmittedEvent, closings, connection::Connection};
use crate::{
    edge::{Due, LimitEffect},
    event_frame,
    live_feed::{ActivityKind, ClientDetails},
    node::Node,
    refusals::Refused,
};

/// The time that a client has to answer the close frame after its last frames are written.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(3);

/// After this many messages the task lets others run. Without it, hundreds of clients that send as fast as they may
/// would delay all others by a hundred messages each, which is tokio's budget for a task.
const MESSAGES_IN_A_ROW: u8 = 16;

/// The reasons for which the task wakes.
enum Turn {
    /// The client has sent a message.
    Heard(ClientMessage),
    /// The server closes the connection.
    Ended(Disconnect),
    /// The client is gone, or violated RFC 6455.
    Lost(ReadError),
}

/// An admitted client.
pub(crate) struct AdmittedClient {
    pub(super) socket: Socket,
    pub(super) connection: Connection,
    /// Bytes that are written first, together with the greeting.
    pub(super) pending: VecDeque<Bytes>,
    /// What watchers see of it; `None` if there are none.
    pub(super) details: Option<Box<ClientDetails>>,
}

/// Serves a client until its connection ends.
///
/// The future owns the parts of the client directly. The parameters of an `async fn` would be stored in it twice.
pub(crate) fn run(client: AdmittedClient) -> impl Future<Output = ()> + Send {
    let AdmittedClient { mut socket, mut connection, pending: mut batch, details } = client;
    batch.push_back(connection.greeting(details));
    if let Some(write) = socket.stream().direct_writer() {
        connection.session.outbox().attach(Box::new(write));
    }
    let mut heard = 0;
    async move {
        loop {
            match poll_fn(|cx| poll_turn(cx, &mut socket, &mut connection, &mut batch)).await {
                Turn::Heard(ClientMessage::Close(close)) => {
                    let code = close.map_or(CloseCode::NORMAL, |close| close.code);
                    connection
                        .observe(ActivityKind::Disconnected, |end| end.code(code.0).because("the client has left"));
                    let patience = goodbye_patience(&connection.node);
                    let (_session, rest) = leave(connection, batch);
                    return socket.close(frame::close(code, ""), rest, patience).await;
                }
                Turn::Heard(message) => {
                    connection.session.outbox().unpark();
                    connection.session.saw(connection.node.clock.now());
                    connection.pace.charge(Due::Messages, 1, &connection.node.settings.edge.pace);
                    if let Some(event) = hear(&mut connection, &message) {
                        publish(&mut socket, &connection, &mut batch, &event).await;
                    }
                    heard = (heard + 1) % MESSAGES_IN_A_ROW;
                    if heard == 0 {
                        yield_now().await;
                    }
                }
                Turn::Ended(reason) => {
                    closings::log(&connection, reason);
                    note_end(&connection, reason);
                    connection.observe(ActivityKind::Disconnected, |end| end.ended(reason));
                    let (patience, session) = (goodbye_patience(&connection.node), connection.session.clone());
                    drop(connection);
                    if matches!(reason, Disconnect::SlowReader | Disconnect::OutboxesFull | Disconnect::TooFast) {
                        // Only a frame that may be half written is completed. The rest would not get through either.
                        batch.truncate(1);
                    }
                    session.outbox().drop_rest(&batch);
                    return close_with(socket, batch, reason, patience).await;
                }
                Turn::Lost(ReadError::Decode(error)) => {
                    note_broken(&connection, error);
                    let close = frame::close(error.close_code(), &error.to_string());
                    let patience = goodbye_patience(&connection.node);
                    let (_session, rest) = leave(connection, batch);
                    return socket.close(close, rest, patience).await;
                }
                Turn::Lost(error) => {
                    debug!(app = %connection.app_id(), socket = %connection.session.id(), %error, "connection lost");
                    connection.observe(ActivityKind::Disconnected, |end| {
                        end.because(format_args!("connection lost: {error}"))
                    });
                    return;
                }
            }
        }
    }
}

/// Ends all subscriptions of the client. Returns the remaining frames, starting with one that may be half written, and
/// the session, which counts their memory. If all outboxes hold too much, only the first frame remains.
fn leave(connection: Connection, mut batch: VecDeque<Bytes>) -> (Arc<Session>, VecDeque<Bytes>) {
    let (node, session) = (connection.node.clone(), connection.session.clone());
    session.outbox().unpark();
    drop(connection);
    session.outbox().take_rest(&mut batch);
    if node.outboxes.excess().is_some() {
        batch.truncate(1);
        session.outbox().drop_rest(&batch);
    }
    (session, batch)
}

/// The time for the closing handshake. The client must read at least a byte in the time that it has at any other
/// moment.
pub(super) fn goodbye_patience(node: &Node) -> Patience {
    Patience { write: node.settings.write_timeout, answer: CLOSE_TIMEOUT }
}

/// Closes a connection. The reason is sent twice, because some clients read only the event and others only the close
/// frame.
pub(super) async fn close_with(socket: Socket, mut pending: VecDeque<Bytes>, reason: Disconnect, patience: Patience) {
    let message = reason.to_string();
    pending.push_back(event_frame::encode(&Event::Error { code: Some(reason.code()), message: &message }));
    socket.close(frame::close(CloseCode(reason.code()), &message), pending, patience).await;
}

/// Writes while there are frames and the socket accepts them, then reads.
fn poll_turn(
    cx: &mut Context<'_>,
    socket: &mut Socket,
    connection: &mut Connection,
    batch: &mut VecDeque<Bytes>,
) -> Poll<Turn> {
    if let Poll::Ready(end) = poll_write(cx, socket, connection, batch) {
        return Poll::Ready(end);
    }
    let session = &connection.session;
    if !batch.is_empty() && (session.is_replaying() || session.outbox().is_over_half()) {
        // A client that requests more than it reads has to wait, because its own requests must not end its connection.
        // It is not read meanwhile, so its silence means nothing. A socket that accepts no bytes has its own timeout.
        connection.session.saw(connection.node.clock.now());
        return Poll::Pending;
    }
    loop {
        if poll_pace(cx, connection).is_pending() {
            // The client's silence means nothing while it is not read.
            connection.session.saw(connection.node.clock.now());
            return Poll::Pending;
        }
        let before = socket.buffered();
        let Received { message, bytes, inflated } = match ready!(socket.poll_read(cx, || connection.message_limit())) {
            Ok(received) => received,
            Err(error) => return Poll::Ready(Turn::Lost(error)),
        };
        connection.node.partials.change(&connection.session, before, socket.buffered());
        if inflated > 0 {
            // A compressed message costs as much as its length, however few bytes were sent of it.
            connection.pace.charge(Due::Bytes, inflated, &connection.node.settings.edge.pace);
        }
        if bytes > 0 {
            let messages = || usize::from(message.is_some()) + socket.waiting_messages();
            let Connection { node, pace, .. } = &mut *connection;
            if let Err(flood) = pace.arrive(node.clock.now(), bytes, messages, &node.settings.edge.pace) {
                connection.note_limit(flood);
                return Poll::Ready(Turn::Ended(Disconnect::TooFast));
            }
        }
        if let Some(message) = message {
            return Poll::Ready(Turn::Heard(message));
        }
    }
}

/// Waits until the client may be read.
fn poll_pace(cx: &mut Context<'_>, connection: &mut Connection) -> Poll<()> {
    let Connection { node, hub, session, pace, .. } = connection;
    pace.poll_ready(
        cx,
        || node.clock.now(),
        |effect| {
            node.note_limit(effect, session.address().into(), Some(hub.id()));
        },
    )
}

/// Writes while there are frames and the socket accepts them. Ready only at the end of the connection.
fn poll_write(
    cx: &mut Context<'_>,
    socket: &mut Socket,
    connection: &Connection,
    batch: &mut VecDeque<Bytes>,
) -> Poll<Turn> {
    let outbox = connection.session.outbox();
    loop {
        let left = outline(socket, batch);
        match socket.poll_write(cx, batch) {
            Poll::Ready(Err(error)) => return Poll::Ready(Turn::Lost(ReadError::Io(error))),
            Poll::Ready(Ok(())) => connection.session.unblock(),
            Poll::Pending => {
                connection.session.block(connection.node.clock.now(), outline(socket, batch) != left);
                let ended = outbox.poll_closed(cx).map(Turn::Ended);
                connection.answer_question();
                return ended;
            }
        }
        match outbox.poll_take(cx, batch) {
            Poll::Ready(None) => {}
            Poll::Ready(Some(reason)) => return Poll::Ready(Turn::Ended(reason)),
            Poll::Pending => {
                connection.session.note_written();
                note_delivery(connection);
                // An idle connection keeps no queue.
                *batch = VecDeque::new();
                connection.answer_question();
                return Poll::Pending;
            }
        }
    }
}

/// A value that changes with every written byte: the number of frames, the length of the first one, and the number of
/// bytes that are already encrypted.
fn outline(socket: &Socket, batch: &VecDeque<Bytes>) -> (usize, usize, usize) {
    (batch.len(), batch.front().map_or(0, Bytes::len), socket.stream().unsent())
}

/// Publishes a client's event, which may wait for other nodes. Meanwhile the client's outbox is written, and no further
/// message is read, so its events stay in order.
async fn publish(socket: &mut Socket, connection: &Connection, batch: &mut VecDeque<Bytes>, event: &AdmittedEvent<'_>) {
    let mut published = pin!(connection.publish(event));
    poll_fn(|cx| {
        if published.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        // The end of the connection has to wait for the event, and is detected again after it.
        let _ = poll_write(cx, socket, connection, batch);
        Poll::Pending
    })
    .await;
}

/// Measures the delivery of an event, once all queued frames are written.
fn note_delivery(connection: &Connection) {
    if let Some(since) = connection.session.take_timed() {
        let took = connection.node.clock.micros().saturating_sub(since);
        connection.session.traffic().add_delivery(took);
    }
}

/// Performs a message. A client event is returned, because it remains to be published.
fn hear<'a>(connection: &mut Connection, message: &'a ClientMessage) -> Option<AdmittedEvent<'a>> {
    match message {
        ClientMessage::Text(text) => {
            connection.session.traffic().add_received(text.len());
            return connection.handle(text);
        }
        // Pusher uses only text messages. The same JSON in a binary message is accepted too.
        ClientMessage::Binary(bytes) => {
            connection.session.traffic().add_received(bytes.len());
            match str::from_utf8(bytes) {
                Ok(text) => return connection.handle(text),
                Err(_) => connection.complain(None, &format!("Binary message ({} bytes) is not UTF-8", bytes.len())),
            }
        }
        ClientMessage::Ping(payload) => connection.session.send(frame::pong(payload)),
        ClientMessage::Pong(_) | ClientMessage::Close(_) => {}
    }
    None
}

/// Notes a client that violated RFC 6455, or sent a message longer than its app allows.
fn note_broken(connection: &Connection, error: DecodeError) {
    let code = error.close_code();
    if code == CloseCode::TOO_BIG {
        connection.note_refusal(Refused::Message, |refused| {
            let why = "what the app's limits add up to (event_data_bytes, user_info_bytes, watchlist_users and others)";
            refused.code(code.0).because(format_args!("{error}: {why}"))
        });
    } else {
        debug!(app = %connection.app_id(), socket = %connection.session.id(), %error, "broken WebSocket");
    }
    connection.observe(ActivityKind::Disconnected, |end| end.because(format_args!("broken WebSocket: {error}")));
}

/// Counts a connection that is closed for what it has not read, or not sent completely.
fn note_end(connection: &Connection, reason: Disconnect) {
    match reason {
        Disconnect::SlowReader => connection.node.metrics.dropped_slow_reader(),
        Disconnect::OutboxesFull => connection.note_limit(LimitEffect::OutboxesClosed),
        Disconnect::PartialsFull => connection.note_limit(LimitEffect::PartialsClosed),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The task is most of the memory of an idle connection, and has room for the largest future that is awaited in it.
    #[test]
    fn the_task_of_a_client_is_small() {
        fn size<F: Future>(_: impl Fn(AdmittedClient) -> F) -> usize {
            size_of::<F>()
        }
        assert!(size(run) <= 960, "{} bytes", size(run));
    }
}
