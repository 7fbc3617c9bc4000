//! `/admin/api/apps/{id}/channels`

use std::{iter, sync::Arc};

use axum::{Json, extract::State};
use clairon_protocol::{AppId, ChannelKind, ChannelName};
use clairon_server::node::Node;
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    listing::{Search, first, known_app, look_through, page_size, shown},
    path::AppPath,
    problem::Problem,
    query::Query,
    scope::Scope,
};

/// The parameters of the request: which channels to return.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// Only channels with this text in their names. A text with `*` (any text) or `?` (one character) is a pattern for
    /// the whole name.
    #[param(required = false, nullable = false, max_length = 200)]
    search: Option<String>,
    /// Only channels of this kind.
    #[param(required = false, nullable = false)]
    kind: Option<Kind>,
    /// The largest number of channels in the answer; 100 without it.
    #[param(required = false, nullable = false, minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// Only channels with a name after this one: the `next` of the page before.
    #[param(required = false, nullable = false)]
    after: Option<String>,
}

/// The kind of a channel, by the prefix of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Any client may subscribe.
    Public,
    /// `private-`
    Private,
    /// `private-encrypted-`
    Encrypted,
    /// `presence-`
    Presence,
    /// `#server-to-user-`
    ServerToUser,
}

impl From<ChannelKind> for Kind {
    fn from(kind: ChannelKind) -> Self {
        match kind {
            ChannelKind::Public => Self::Public,
            ChannelKind::Private => Self::Private,
            ChannelKind::Encrypted => Self::Encrypted,
            ChannelKind::Presence => Self::Presence,
            ChannelKind::ServerToUser => Self::ServerToUser,
        }
    }
}

/// A page of channels.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChannelList {
    /// The nodes whose subscriptions are counted.
    scope: Scope,
    /// The number of channels on all pages.
    total: usize,
    /// The channels with subscribers, by name.
    channels: Vec<ChannelEntry>,
    /// The `after` of the next page; `null` on the last one.
    #[schema(required)]
    next: Option<String>,
}

/// A channel with subscribers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChannelEntry {
    /// The name.
    name: String,
    /// The number of subscribed connections.
    subscriptions: usize,
    /// The number of members; `null` if it is not a presence channel.
    #[schema(required)]
    users: Option<usize>,
    /// True if it is a cache channel that remembers an event.
    cached: bool,
}

/// The names of one page.
struct Page {
    total: usize,
    names: Vec<ChannelName>,
    next: Option<String>,
}

/// List the channels of an app
///
/// The channels that have subscribers on any node. A name that contains a secret of an app is shown without it.
#[utoipa::path(
    get, path = "/apps/{id}/channels", operation_id = "listChannels", tag = "channels",
    params(("id" = String, Path, description = "The id of the app."), Wanted),
    responses(
        (status = 200, description = "The channels.", body = ChannelList),
        (status = 404, description = "No such app."),
    ),
)]
pub(crate) async fn list(
    State(node): State<Arc<Node>>,
    AppPath(id): AppPath,
    Query(wanted): Query<Wanted>,
) -> Result<Json<ChannelList>, Problem> {
    let Wanted { search, kind, limit, after } = wanted;
    let (limit, prefix) = (page_size(limit)?, literal_prefix(search.as_deref()));
    let search = Search::parse(search.as_deref())?;
    known_app(&node, &id)?;
    let names = node.peers.channel_names(&id, &prefix).await?;
    let reader = node.clone();
    let Page { total, names, next } =
        look_through(move || page(&reader, names, &search, kind, after.as_deref(), limit)).await?;
    let summaries = node.peers.summaries(&id, &names).await?;
    let remembered = join_all(names.iter().map(|name| remembers(&node, &id, name))).await;
    let entry = |(summary, cached): (clairon_hub::ChannelSummary, Result<bool, Problem>)| {
        Ok(ChannelEntry {
            name: shown(&node, summary.name.as_str()),
            subscriptions: summary.subscription_count,
            users: (summary.name.kind() == ChannelKind::Presence).then_some(summary.user_count),
            cached: cached?,
        })
    };
    let channels = iter::zip(summaries, remembered).map(entry).collect::<Result<_, Problem>>()?;
    Ok(Json(ChannelList { scope: Scope::ALL, total, channels, next }))
}

async fn remembers(node: &Node, app: &AppId, name: &ChannelName) -> Result<bool, Problem> {
    Ok(name.is_cache() && node.peers.remembered(app, name).await?.is_some())
}

/// The start that all names have which match a pattern. A text without `*` and `?` may be anywhere in a name.
fn literal_prefix(search: Option<&str>) -> String {
    let search = search.unwrap_or_default();
    search.find(['*', '?']).map(|end| search[..end].to_owned()).unwrap_or_default()
}

fn page(
    node: &Node,
    mut names: Vec<ChannelName>,
    search: &Search,
    kind: Option<Kind>,
    after: Option<&str>,
    limit: usize,
) -> Page {
    names.retain(|name| {
        kind.is_none_or(|kind| Kind::from(name.kind()) == kind) && search.finds_shown(node, name.as_str())
    });
    let total = names.len();
    if let Some(after) = after {
        names.retain(|name| name.as_str() > after);
    }
    let (mut names, has_more) = first(names, limit);
    let mut next = None;
    if has_more {
        // A name that cannot be shown cannot be named in the next request, so the page ends before it.
        let last = names.iter().rposition(|name| shown(node, name.as_str()) == name.as_str());
        names.truncate(last.map_or(names.len(), |last| last + 1));
        next = last.map(|last| names[last].to_string());
    }
    Page { total, names, next }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_of_a_pattern_is_searched_for_in_the_ledger() {
        assert_eq!(literal_prefix(Some("private-*")), "private-");
        assert_eq!(literal_prefix(Some("private-")), "");
        assert_eq!(literal_prefix(Some("?x")), "");
        assert_eq!(literal_prefix(None), "");
    }
}
