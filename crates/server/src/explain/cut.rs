//! Strangers' texts in the log.

use std::fmt;

/// A text of a peer, for the log: quoted, escaped, and cut to 200 characters. Use its `Debug` form.
#[derive(Clone, Copy)]
pub(crate) struct Cut<'a>(pub(crate) &'a str);

impl fmt::Debug for Cut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(200) {
            Some((end, _)) => write!(f, "{:?}… ({} bytes)", &self.0[..end], self.0.len()),
            None => write!(f, "{:?}", self.0),
        }
    }
}
