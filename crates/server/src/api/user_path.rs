//! Parses the path of a request about one user. The id may be any text.

use std::borrow::Cow;

use http::Uri;
use percent_encoding::percent_decode_str;

/// The path after the id.
const END: &str = "/terminate_connections";

/// A request about one user, parsed like the library that sent it meant it.
///
/// The libraries put an id into a path unescaped, and sign that. A `/` in the id then looks like a separator of the
/// path, and a `?`, which the Node library does not escape, like the start of the query. So the id is the text between
/// `/users/` and the first `/terminate_connections` at the end of the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UserPath<'a> {
    /// The signed path, as received.
    pub(super) path: &'a str,
    /// The query, without its `?`.
    pub(super) query: &'a str,
    /// The id, still escaped.
    id: &'a str,
}

impl<'a> UserPath<'a> {
    /// `None` if the request is about something else.
    pub(super) fn of(uri: &'a Uri) -> Option<Self> {
        Self::parse(uri.path_and_query()?.as_str())
    }

    fn parse(target: &'a str) -> Option<Self> {
        let of_app = |target: &'a str| target.strip_prefix("/apps/")?.split_once('/').map(|(_, rest)| rest);
        let rest = of_app(target).or_else(|| target.strip_prefix('/'))?.strip_prefix("users/")?;
        let ends = rest.match_indices(END).map(|(start, end)| (start, start + end.len()));
        let (start, end) = ends.into_iter().find(|(_, end)| matches!(rest.as_bytes().get(*end), None | Some(b'?')))?;
        let path = &target[..target.len() - rest.len() + end];
        let query = rest[end..].strip_prefix('?').unwrap_or_default();
        Some(Self { path, query, id: &rest[..start] }).filter(|path| !path.id.is_empty())
    }

    /// The user's id.
    pub(super) fn id(&self) -> Cow<'a, str> {
        percent_decode_str(self.id).decode_utf8_lossy()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_all_that_stands_between() {
        for (target, id, path, query) in [
            ("/apps/1/users/ann/terminate_connections?a=1", "ann", "/apps/1/users/ann/terminate_connections", "a=1"),
            ("/users/ann/terminate_connections", "ann", "/users/ann/terminate_connections", ""),
            // The form of libraries that escape.
            (
                "/users/a%20%2F%3F%25%23%5Cb/terminate_connections?",
                "a /?%#\\b",
                "/users/a%20%2F%3F%25%23%5Cb/terminate_connections",
                "",
            ),
            // The form of libraries that do not escape.
            (
                "/apps/1/users/a/b//c/terminate_connections?a=1",
                "a/b//c",
                "/apps/1/users/a/b//c/terminate_connections",
                "a=1",
            ),
            ("/apps/1/users/a?b/terminate_connections?a=1", "a?b", "/apps/1/users/a?b/terminate_connections", "a=1"),
            ("/users/?/terminate_connections?a=1", "?", "/users/?/terminate_connections", "a=1"),
            ("/users/100%/terminate_connections?a=1", "100%", "/users/100%/terminate_connections", "a=1"),
            (
                "/users/a/terminate_connections/b/terminate_connections?a",
                "a/terminate_connections/b",
                "/users/a/terminate_connections/b/terminate_connections",
                "a",
            ),
            // The names of the path's parts are valid ids too.
            (
                "/apps/users/users/users/terminate_connections?a=1",
                "users",
                "/apps/users/users/users/terminate_connections",
                "a=1",
            ),
            // An ambiguous path is parsed literally.
            (
                "/users/a/terminate_connections?b/terminate_connections?a=1",
                "a",
                "/users/a/terminate_connections",
                "b/terminate_connections?a=1",
            ),
        ] {
            let read = UserPath::parse(target).expect(target);
            assert_eq!((&*read.id(), read.path, read.query), (id, path, query), "{target}");
        }
    }

    #[test]
    fn other_paths_have_no_user() {
        for target in [
            "/",
            "/users",
            "/users/ann",
            "/users/ann?a=1",
            "/users//terminate_connections",
            "/users/ann/terminate_connections/",
            "/apps/1/users/ann",
            "/apps/1/channels/users/ann/terminate_connections",
            "/apps/1/events?x=/users/ann/terminate_connections",
            "/x/users/ann/terminate_connections",
        ] {
            assert_eq!(UserPath::parse(target), None, "{target}");
        }
    }
}
