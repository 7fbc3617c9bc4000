//! The libraries of clients, by what they say of themselves in the URL: `client=js&version=8.4.0`.

use std::{collections::HashMap, num::NonZeroU16};

use clairon_protocol::auth::RequestQuery;
use parking_lot::Mutex;

/// The largest number of libraries that are known at a time. Those of further connections stay unknown.
const MOST: usize = 1_024;
/// The longest name, and the longest version, in bytes. A longer one is no library's.
const TEXT_BYTES: usize = 48;

/// The libraries of the open connections. Their texts are stored once, so a connection has two bytes for its library.
#[derive(Debug, Default)]
pub(crate) struct Libraries(Mutex<Table>);

/// The number of a library; none for a client that names none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LibraryId(Option<NonZeroU16>);

#[derive(Debug, Default)]
struct Table {
    ids: HashMap<Box<str>, NonZeroU16>,
    /// By their ids, less one. An entry without connections is free.
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    text: Box<str>,
    connections: usize,
}

impl Libraries {
    /// Counts a connection of the library that the query of its URL names.
    pub(crate) fn enter(&self, query: &RequestQuery<'_>) -> LibraryId {
        let mut text = String::new();
        for name in ["client", "version"] {
            let Some(value) = query.get(name).filter(|value| is_plain(value)) else { break };
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&value);
        }
        if text.is_empty() { LibraryId(None) } else { self.0.lock().enter(&text) }
    }

    /// Ends one [`Self::enter`].
    pub(crate) fn leave(&self, library: LibraryId) {
        if let Some(id) = library.0 {
            self.0.lock().leave(id);
        }
    }

    /// The name of a library with its version, such as `js 8.4.0`.
    pub(crate) fn text(&self, library: LibraryId) -> Option<String> {
        let index = usize::from(library.0?.get()) - 1;
        self.0.lock().entries.get(index).map(|entry| entry.text.to_string())
    }
}

/// True for a name or a version that a library may have.
fn is_plain(text: &str) -> bool {
    (1..=TEXT_BYTES).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

impl Table {
    fn enter(&mut self, text: &str) -> LibraryId {
        let id = self.ids.get(text).copied().or_else(|| self.add(text));
        if let Some(entry) = id.and_then(|id| self.entry(id)) {
            entry.connections += 1;
        }
        LibraryId(id)
    }

    /// Takes the place of a library without connections, or a new one. `None` if there is no room.
    fn add(&mut self, text: &str) -> Option<NonZeroU16> {
        let entry = Entry { text: text.into(), connections: 0 };
        let index = if self.entries.len() < MOST {
            self.entries.push(entry);
            self.entries.len() - 1
        } else {
            let free = self.entries.iter().position(|entry| entry.connections == 0)?;
            let before = std::mem::replace(&mut self.entries[free], entry);
            self.ids.remove(&before.text);
            free
        };
        let id = NonZeroU16::new(u16::try_from(index + 1).ok()?)?;
        self.ids.insert(text.into(), id);
        Some(id)
    }

    fn leave(&mut self, id: NonZeroU16) {
        if let Some(entry) = self.entry(id) {
            entry.connections = entry.connections.saturating_sub(1);
        }
    }

    fn entry(&mut self, id: NonZeroU16) -> Option<&mut Entry> {
        self.entries.get_mut(usize::from(id.get()) - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enter(libraries: &Libraries, query: &str) -> (LibraryId, Option<String>) {
        let id = libraries.enter(&RequestQuery::parse(query));
        (id, libraries.text(id))
    }

    #[test]
    fn connections_of_one_library_share_its_text() {
        let libraries = Libraries::default();
        let (first, text) = enter(&libraries, "protocol=7&client=js&version=8.4.0&flash=false");
        assert_eq!(text.as_deref(), Some("js 8.4.0"));
        assert_eq!(enter(&libraries, "client=js&version=8.4.0").0, first);
        assert_eq!(enter(&libraries, "client=js").1.as_deref(), Some("js"));
        for without in
            ["", "version=8", "client=", "client=a%20b", "client=%3Cb%3E%00", &format!("client={}", "x".repeat(49))]
        {
            assert_eq!(enter(&libraries, without), (LibraryId(None), None), "{without}");
        }
        assert_eq!(size_of::<LibraryId>(), 2);
    }

    #[test]
    fn invented_libraries_are_bounded_and_forgotten() {
        let libraries = Libraries::default();
        let ids: Vec<_> = (0..MOST).map(|number| enter(&libraries, &format!("client=x{number}")).0).collect();
        assert_eq!(enter(&libraries, "client=js"), (LibraryId(None), None));
        assert_eq!(enter(&libraries, "client=x7").0, ids[7], "a known one has room");
        libraries.leave(ids[7]);
        assert_eq!(enter(&libraries, "client=js").1, None, "another connection has it");
        libraries.leave(ids[7]);
        let (id, text) = enter(&libraries, "client=js");
        assert_eq!((id, text.as_deref()), (ids[7], Some("js")));
        assert_eq!(enter(&libraries, "client=x7").1, None);
    }
}
