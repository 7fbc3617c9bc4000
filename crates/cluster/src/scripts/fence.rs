//! Before a node's first share of a channel.

use clairon_protocol::{AppId, ChannelName};

use super::{Call, Request, script};
use crate::keys::{Keys, NodeId};

/// Writes down that a node may have shares of these channels of an app, or only of its clients. Answers 1, or 0 where
/// the node has been taken for dead.
pub(crate) fn fence<'a>(
    keys: &Keys,
    node: &NodeId,
    app: &AppId,
    channels: impl IntoIterator<Item = &'a ChannelName>,
) -> Request {
    let (script, source) = script!("fence.lua");
    let call = Call::new(script, source, vec![keys.registration(node), keys.apps(node), keys.index(node, app)]);
    channels.into_iter().fold(call.arg(app.as_str()), |call, channel| call.arg(channel.as_str())).request()
}
