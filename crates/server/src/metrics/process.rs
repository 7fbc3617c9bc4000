//! The figures of the operating system about this process.

use std::{fs, time::Duration};

/// Figures from `/proc`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Process {
    /// Memory in use.
    pub(super) resident_bytes: u64,
    /// CPU time on all cores, in user mode and in the kernel.
    pub(super) cpu: Duration,
    pub(super) open_files: usize,
    pub(super) max_files: u64,
}

impl Process {
    /// Reads the figures; `None` if the system does not provide them.
    pub(super) fn read() -> Option<Self> {
        let stat = fs::read_to_string("/proc/self/stat").ok()?;
        // The second field is the program's name in brackets, which may contain any character.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        let ticks = field(14)? + field(15)?;
        let page = rustix::param::page_size() as u64;
        Some(Self {
            resident_bytes: field(24)? * page,
            cpu: Duration::from_millis(ticks * 1_000 / rustix::param::clock_ticks_per_second()),
            open_files: fs::read_dir("/proc/self/fd").ok()?.count(),
            max_files: rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(u64::MAX),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_read() {
        let process = Process::read().unwrap();
        assert!(process.resident_bytes > 1 << 20 && process.open_files >= 3, "{process:?}");
        assert!(process.max_files >= process.open_files as u64, "{process:?}");
    }
}
