//! How many connections the system lets a process have.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::{info, warn};

/// The files that are kept for what is no connection: the database, the log, the runtime.
const RESERVED: u64 = 128;

/// Raises the soft limit of open files, often 1,024, to the hard one, and says how many connections that leaves room
/// for: each is an open file.
pub(super) fn raise_limit() -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let limit = match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        Ok(()) => maximum,
        Err(error) => {
            warn!(%error, "the limit of open files cannot be raised");
            current
        }
    };
    let connections =
        limit.map_or(usize::MAX, |files| usize::try_from(files.saturating_sub(RESERVED)).unwrap_or(usize::MAX));
    info!(limit, was = current, connections, "open files");
    connections
}
