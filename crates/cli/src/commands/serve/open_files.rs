//! The numbers of connections that the limit of open files allows.

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
/// Connections to receivers of webhooks: one of so many open files, and this many at most. One half is for requests on
/// their way, the other for idle connections.
const ONE_FOR_RECEIVERS_IN: u64 = 16;
const MOST_FOR_RECEIVERS: u64 = 2_048;
/// A warning is logged below this limit of open files.
const COMFORTABLE: u64 = 1_024;

/// The connections that the limit allows. Each is an open file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileShares {
    pub(super) connections: ConnectionLimits,
    /// Requests to receivers of webhooks that are on their way at the same time.
    pub(super) webhook_requests: usize,
}

/// Raises the soft limit of open files, often 1,024, to the hard limit. Returns the numbers of connections that it
/// allows.
///
/// # Errors
/// When it allows no WebSocket.
pub(super) fn raise_limit(database_connections: u32) -> anyhow::Result<FileShares> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let limit = match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        Ok(()) => maximum,
        Err(error) => {
            warn!(%error, "cannot raise the limit of open files");
            current
        }
    };
    let own = OWN + PER_DATABASE_CONNECTION * u64::from(database_connections);
    let shares = share(limit, own);
    let ConnectionLimits { all, websockets } = shares.connections;
    if websockets == 0 {
        bail!(
            "the limit of open files is {}, and {} of them are kept for the server itself, backends, operators and \
             receivers of webhooks, so that none is left for a WebSocket: allowed are {} and more: {HOW_TO_RAISE}",
            limit.unwrap_or(0),
            own + PLAIN + for_receivers(limit),
            least(own)
        );
    }
    info!(limit, was = current, connections = all, websockets, "open files");
    if limit.is_some_and(|files| files < COMFORTABLE) {
        warn!(limit, websockets, "the limit of open files is low: {HOW_TO_RAISE}");
    }
    Ok(shares)
}

/// The ways to set a large limit.
const HOW_TO_RAISE: &str = "raise it with `ulimit -n 65536`, LimitNOFILE=65536 in a systemd unit, or `--ulimit \
                            nofile=65536` of docker run";

/// Divides the limit. `None` means that there is no limit.
fn share(limit: Option<u64>, own: u64) -> FileShares {
    let own = own + for_receivers(limit);
    let size = |size: u64| usize::try_from(size).unwrap_or(usize::MAX);
    let less = |kept: u64| limit.map_or(usize::MAX, |files| size(files.saturating_sub(kept)));
    let connections = ConnectionLimits { all: less(own), websockets: less(own + PLAIN) };
    FileShares { connections, webhook_requests: size(for_receivers(limit) / 2) }
}

/// Connections to receivers of webhooks.
fn for_receivers(limit: Option<u64>) -> u64 {
    limit.map_or(MOST_FOR_RECEIVERS, |files| (files / ONE_FOR_RECEIVERS_IN).min(MOST_FOR_RECEIVERS))
}

/// The smallest limit that leaves a WebSocket.
const fn least(own: u64) -> u64 {
    let others = own + PLAIN;
    others + 1 + others / (ONE_FOR_RECEIVERS_IN - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_comes_first_then_receivers_then_backends_then_websockets() {
        let shares = |limit| {
            let FileShares { connections: ConnectionLimits { all, websockets }, webhook_requests } = share(limit, 64);
            [webhook_requests, all, websockets]
        };
        assert_eq!(shares(Some(320)), [10, 236, 172]);
        assert_eq!(shares(Some(128)), [4, 56, 0]);
        assert_eq!(shares(Some(10)), [0, 0, 0]);
        assert_eq!(shares(Some(1 << 20)), [1_024, (1 << 20) - 64 - 2_048, (1 << 20) - 128 - 2_048]);
        assert_eq!(shares(None), [1_024, usize::MAX, usize::MAX]);
    }

    #[test]
    fn the_smallest_limit_leaves_one_websocket() {
        for own in 50..2_000 {
            let websockets = |limit| share(Some(limit), own).connections.websockets;
            assert_eq!((websockets(least(own)), websockets(least(own) - 1)), (1, 0), "{own}");
        }
    }
}
