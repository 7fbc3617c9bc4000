//! The parameters and pages that lists have in common.

use std::sync::Arc;

use clairon_protocol::AppId;
use clairon_registry::App;
use clairon_server::{node::Node, peer_text::hide_secrets};
use tokio::task;
use wildmatch::WildMatch;

use crate::problem::Problem;

/// The number of entries of a page if the request names no `limit`.
const LIMIT: usize = 100;
/// The largest `limit`.
pub(crate) const MOST: usize = 500;
/// The largest text to search for, in bytes. It bounds the cost of a pattern.
const SEARCH_BYTES: usize = 200;
/// A text of a peer is shown up to this many characters, more than any app allows for a name.
const SHOWN: usize = 1_024;

/// A text to search for. It is compared with what the answer shows, so that it cannot be used to guess a secret.
#[derive(Clone, Debug, Default)]
pub(crate) enum Search {
    /// Everything is found.
    #[default]
    All,
    /// Texts that contain this one.
    Part(String),
    /// Texts that match as a whole; `*` stands for any text and `?` for one character.
    Pattern(WildMatch),
}

impl Search {
    /// Parses a text or a pattern.
    ///
    /// # Errors
    /// When it is too long.
    pub(crate) fn parse(text: Option<&str>) -> Result<Self, Problem> {
        let text = text.unwrap_or_default();
        match text.len() {
            0 => Ok(Self::All),
            size if size > SEARCH_BYTES => {
                Err(Problem::invalid(format!("search has {size} bytes, allowed are {SEARCH_BYTES}")))
            }
            _ if text.contains(['*', '?']) => Ok(Self::Pattern(WildMatch::new(text))),
            _ => Ok(Self::Part(text.to_owned())),
        }
    }

    /// True if everything is found.
    pub(crate) const fn is_all(&self) -> bool {
        matches!(self, Self::All)
    }

    /// True if the text is found.
    pub(crate) fn finds(&self, text: &str) -> bool {
        match self {
            Self::All => true,
            Self::Part(part) => text.contains(part.as_str()),
            Self::Pattern(pattern) => pattern.matches(text),
        }
    }

    /// True if a text of a peer is found, both as it is and as it is shown.
    pub(crate) fn finds_shown(&self, node: &Node, text: &str) -> bool {
        self.finds(text) && (self.is_all() || self.finds(&shown(node, text)))
    }
}

/// A text of a peer without secrets.
pub(crate) fn shown(node: &Node, text: &str) -> String {
    hide_secrets(&node.apps, text, SHOWN).into_owned()
}

/// The app with the id in the path, as this server knows it now. The database is not asked.
///
/// # Errors
/// When there is none.
pub(crate) fn known_app(node: &Node, id: &AppId) -> Result<Arc<App>, Problem> {
    node.apps.by_id(id).ok_or_else(Problem::no_app)
}

/// The number of entries of a page.
///
/// # Errors
/// When it is out of range.
pub(crate) fn page_size(limit: Option<u32>) -> Result<usize, Problem> {
    match limit.map(|limit| limit as usize) {
        None => Ok(LIMIT),
        Some(limit @ 1..=MOST) => Ok(limit),
        Some(limit) => Err(Problem::invalid(format!("limit is {limit}, allowed are whole numbers from 1 to {MOST}"))),
    }
}

/// The first `limit` of the items in their order, and whether there are more. Only these are sorted.
pub(crate) fn first<T: Ord>(mut items: Vec<T>, limit: usize) -> (Vec<T>, bool) {
    let is_cut = items.len() > limit;
    if is_cut {
        items.select_nth_unstable(limit);
        items.truncate(limit);
    }
    items.sort_unstable();
    (items, is_cut)
}

/// Looks through a long list outside of the tasks that serve clients.
///
/// # Errors
/// When `look` panics.
pub(crate) async fn look_through<T: Send + 'static>(look: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    task::spawn_blocking(look).await.map_err(|error| Problem::failed(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_the_first_items_in_their_order() {
        let items: Vec<u32> = (0..1_000).map(|number| number * 7 % 1_000).collect();
        assert_eq!(first(items.clone(), 3), (vec![0, 1, 2], true));
        assert_eq!(first(items, 1_000), ((0..1_000).collect(), false));
        assert_eq!(first(Vec::<u32>::new(), 5), (vec![], false));
    }

    #[test]
    fn a_text_is_found_as_a_part_and_a_pattern_as_a_whole() {
        let finds = |search, text| Search::parse(Some(search)).unwrap().finds(text);
        assert!(finds("", "x") && finds("rder", "orders") && !finds("Order", "orders"));
        assert!(finds("order*", "orders") && finds("?rders", "orders") && !finds("rder*", "orders"));
        assert!(Search::parse(Some(&"x".repeat(201))).is_err());
        // A pattern of many stars against a text that nearly matches.
        let hostile = format!("{}b", "*a".repeat(99));
        assert!(!finds(&hostile, &"a".repeat(1_000)));
    }
}
