//! The right to send.

use std::{fmt, sync::Arc};

/// Says whether a request may still be sent. It is asked directly before each write to the connection: a process that
/// was suspended in between, for longer than it had the right to send, sends nothing when it resumes. `Default` is open
/// for ever.
#[derive(Clone, Default)]
pub struct Fence(Option<Arc<dyn Fn() -> bool + Send + Sync>>);

impl Fence {
    /// A fence that is open as long as `is_open` returns true.
    pub fn new(is_open: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(is_open)))
    }

    /// True if the request may be sent now.
    pub(crate) fn is_open(&self) -> bool {
        self.0.as_ref().is_none_or(|is_open| is_open())
    }
}

impl fmt::Debug for Fence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fence({})", if self.is_open() { "open" } else { "closed" })
    }
}
