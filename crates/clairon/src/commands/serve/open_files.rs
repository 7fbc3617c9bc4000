//! How many connections the system lets a process have.

use anyhow::bail;
use clairon_server::ConnectionLimits;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::{info, warn};

/// Files that the server needs beside its connections and those to the database: Redis, the log, the runtime.
const OWN: u64 = 44;
/// Files of a connection to the database: SQLite opens the file and its log.
const PER_DATABASE_CONNECTION: u64 = 2;
/// Connections that no WebSocket can have: they are for backends, health checks and operators.
const PLAIN: u64 = 64;
/// A lower limit of open files is warned of.
const COMFORTABLE: u64 = 1_024;

/// Raises the soft limit of open files, often 1,024, to the hard one, and says how many connections that leaves room
/// for: each is an open file.
///
/// # Errors
/// When it leaves room for no WebSocket.
pub(super) fn raise_limit(database_connections: u32) -> anyhow::Result<ConnectionLimits> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let limit = match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        Ok(()) => maximum,
        Err(error) => {
            warn!(%error, "the limit of open files cannot be raised");
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

/// Says how to set a limit with much room.
const HOW_TO_RAISE: &str = "raise it with `ulimit -n 65536`, LimitNOFILE=65536 in a systemd unit, or `--ulimit \
                            nofile=65536` of docker run";

/// Shares the limit out; `None` is no limit.
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
