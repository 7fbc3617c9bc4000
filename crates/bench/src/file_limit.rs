//! The limit of open files.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::BenchError;

/// The number of open files besides connections: the poller, the standard streams, files of `/proc`.
const SPARE: u64 = 32;

/// Raises the soft limit to the hard limit, and checks that it is enough for `connections`.
pub(crate) fn raise_to(connections: u64) -> Result<(), BenchError> {
    let needed = connections + SPARE;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if let Some(limit) = maximum.filter(|&limit| limit < needed) {
        return Err(BenchError::FileLimit { needed, limit });
    }
    if current != maximum {
        setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })
            .map_err(BenchError::io("raising the limit of open files"))?;
    }
    Ok(())
}
