//! How many connections the system lets a process have.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::{info, warn};

/// Raises the soft limit of open files, often 1,024, to the hard one: each connection is an open file.
pub(super) fn raise_limit() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        Ok(()) => info!(limit = maximum, was = current, "open files"),
        Err(error) => warn!(limit = current, %error, "the limit of open files cannot be raised"),
    }
}
