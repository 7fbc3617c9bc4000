//! The number of connections that the limit of open files allows.

use anyhow::bail;
use clairon_server::ConnectionLimits;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::{info, warn};

/// Files for other purposes than connections of clients and of the database: Redis, the log, the runtime.
const OWN: u64 = 44;
/// Files for each database connection: SQLite opens the database and its log.
const PER_DATABASE_CONNECTION: u64 = 2;
/// Connections reserved for backends, health checks and operators, and never used by a `WebSocket`.
const PLAIN: u64 = 64;
/// A warning is logged below this limit of open files.
const COMFORTABLE: u64 = 1_024;

/// Raises the soft limit of open files, often 1,024, to the hard limit. Returns the number of connections that it
/// allows. Each connection is an open file.
///
/// # Errors
/// When it allows no WebSocket.
pub(super) fn raise_limit(database_connections: u32) -> anyhow::Result<ConnectionLimits> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let limit = match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        Ok(()) => maximum,
        Err(error) => {
            warn!(%error, "cannot raise the limit of open files");
            current
        }
    };
    let own = OWN + PER_DATABASE_CONNECTION * u64::from(database_connections);
    let connections = share(limit, own);
    let ConnectionLimits { all, websockets } = connections;
    if websockets == 0 {
        bail!(
            "the limit of open files is {}, and {} of them are kept for the server itself, backends and operators, so \
             that none is left for a WebSocket: allowed are {} and more: {HOW_TO_RAISE}",
            limit.unwrap_or(0),
            own + PLAIN,
            own + PLAIN + 1
        );
    }
    info!(limit, was = current, connections = all, websockets, "open files");
    if limit.is_some_and(|files| files < COMFORTABLE) {
        warn!(limit, websockets, "the limit of open files is low: {HOW_TO_RAISE}");
    }
    Ok(connections)
}

/// The ways to set a large limit.
const HOW_TO_RAISE: &str = "raise it with `ulimit -n 65536`, LimitNOFILE=65536 in a systemd unit, or `--ulimit \
                            nofile=65536` of docker run";

/// Divides the limit. `None` means that there is no limit.
fn share(limit: Option<u64>, own: u64) -> ConnectionLimits {
    let less =
        |kept: u64| limit.map_or(usize::MAX, |files| usize::try_from(files.saturating_sub(kept)).unwrap_or(usize::MAX));
    ConnectionLimits { all: less(own), websockets: less(own + PLAIN) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_comes_first_then_backends_then_websockets() {
        assert_eq!(share(Some(300), 64), ConnectionLimits { all: 236, websockets: 172 });
        assert_eq!(share(Some(128), 64), ConnectionLimits { all: 64, websockets: 0 });
        assert_eq!(share(Some(10), 64), ConnectionLimits { all: 0, websockets: 0 });
        assert_eq!(share(None, 64), ConnectionLimits { all: usize::MAX, websockets: usize::MAX });
    }
}
