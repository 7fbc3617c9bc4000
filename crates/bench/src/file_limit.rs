//! How many files may be open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::BenchError;

/// Files that are open besides connections: the poller, the three standard streams, what is read of `/proc`.
const SPARE: u64 = 32;

/// Raises the soft limit to the hard one, and checks that `connections` fit.
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
