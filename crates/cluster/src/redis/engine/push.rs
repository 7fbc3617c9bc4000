//! What a connection receives without asking.

use std::sync::Arc;

use bytes::Bytes;
use redis::{PushInfo, PushKind, Value};

/// Handles what a connection receives. It runs in the task that reads the connection, so it must not block.
pub(crate) type Push = Arc<dyn Fn(Pushed) + Send + Sync>;

/// Something that a connection receives without asking.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Pushed {
    /// A message on a topic.
    Message { topic: String, payload: Bytes },
    /// The end of a subscription.
    Unsubscribed { topic: String },
    /// The end of the connection.
    Disconnected,
}

impl Pushed {
    /// Reads what the client library got. `None` if it means nothing here.
    pub(super) fn read(PushInfo { kind, data }: PushInfo) -> Option<Self> {
        let mut data = data.into_iter();
        match kind {
            PushKind::Message | PushKind::SMessage => match (data.next()?, data.next()?) {
                (Value::BulkString(topic), Value::BulkString(payload)) => {
                    Some(Self::Message { topic: text(topic)?, payload: payload.into() })
                }
                _ => None,
            },
            PushKind::Unsubscribe | PushKind::SUnsubscribe => match data.next()? {
                Value::BulkString(topic) => Some(Self::Unsubscribed { topic: text(topic)? }),
                _ => None,
            },
            PushKind::Disconnection => Some(Self::Disconnected),
            _ => None,
        }
    }
}

/// The name of a topic. Those of this program are UTF-8.
fn text(name: Vec<u8>) -> Option<String> {
    String::from_utf8(name).ok()
}
