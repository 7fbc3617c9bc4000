//! Adding channels to a node's index, before its first change there.

use clairon_protocol::{AppId, ChannelName};
use redis::Value;
use serde::Serialize;

use super::{Request, script};
use crate::{
    ledger::NodeId,
    redis::{
        failure::{Failure, parse},
        keys::Keys,
    },
};

#[derive(Serialize)]
struct Arguments<'a> {
    app: &'a str,
    channels: Vec<&'a str>,
}

/// Asks to add an app and channels of it, or the app only.
pub(in crate::redis) fn add_to_index<'a>(
    keys: &Keys,
    node: &NodeId,
    app: &AppId,
    channels: impl IntoIterator<Item = &'a ChannelName>,
) -> Request {
    let names = vec![keys.registration(node), keys.apps(node), keys.index(node, app)];
    let channels = channels.into_iter().map(ChannelName::as_str).collect();
    script!("add_to_index.lua").call(names, &Arguments { app: app.as_str(), channels }).into()
}

/// Reads the answer: false if the node was declared dead.
pub(in crate::redis) fn parse_addition(answer: Value) -> Result<bool, Failure> {
    parse(answer).map(|is_added: u64| is_added == 1)
}
