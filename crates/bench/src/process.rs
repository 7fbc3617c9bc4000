//! The processor time and memory of processes, from `/proc`.

use std::{collections::HashMap, fs, io, time::Duration};

use crate::BenchError;

/// The processor time so far of every thread of some processes, in nanoseconds. The source is `schedstat`, because
/// `stat` counts in ticks of 10 ms, as long as a whole short measurement. The time of a thread that ends between two
/// readings is lost, but servers keep their threads.
#[derive(Debug, Default)]
pub(crate) struct CpuReading(HashMap<u32, u64>);

impl CpuReading {
    pub(crate) fn take(pids: &[u32]) -> Result<Self, BenchError> {
        let mut threads = HashMap::new();
        for pid in pids {
            let path = format!("/proc/{pid}/task");
            for entry in fs::read_dir(&path).map_err(BenchError::io(path))?.flatten() {
                let path = entry.path().join("schedstat");
                // A thread may end between the listing and the read.
                let Ok(text) = fs::read_to_string(&path) else { continue };
                let thread = entry.file_name().to_str().and_then(|name| name.parse().ok());
                let Some((thread, time)) = thread.zip(parse_schedstat(&text)) else {
                    return Err(unexpected(path.display().to_string()));
                };
                threads.insert(thread, time);
            }
        }
        Ok(Self(threads))
    }

    /// The time used since `earlier`. New threads count in full.
    pub(crate) fn since(&self, earlier: &Self) -> Duration {
        let used = |(thread, time): (&u32, &u64)| time.saturating_sub(earlier.0.get(thread).copied().unwrap_or(0));
        Duration::from_nanos(self.0.iter().map(used).sum())
    }
}

/// The first of the three numbers: the time on a processor in nanoseconds.
fn parse_schedstat(text: &str) -> Option<u64> {
    text.split_ascii_whitespace().next()?.parse().ok()
}

/// The sum of the proportional set sizes of some processes, in KiB. A shared page counts in part for each process.
pub(crate) fn memory(pids: &[u32]) -> Result<u64, BenchError> {
    let mut sum = 0;
    for pid in pids {
        let path = format!("/proc/{pid}/smaps_rollup");
        let text = fs::read_to_string(&path).map_err(BenchError::io(&path))?;
        sum += parse_pss(&text).ok_or_else(|| unexpected(path))?;
    }
    Ok(sum)
}

fn parse_pss(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

fn unexpected(path: String) -> BenchError {
    BenchError::io(path)(io::ErrorKind::InvalidData)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_proc() {
        assert_eq!(parse_schedstat("1234567890 3491051 17\n"), Some(1_234_567_890));
        assert_eq!(parse_schedstat(""), None);
        let rollup =
            "55ab-7ffe ---p 00000000 00:00 0    [rollup]\nRss:    1760 kB\nPss:     271 kB\nPss_Dirty:  99 kB\n";
        assert_eq!(parse_pss(rollup), Some(271));
        assert_eq!(parse_pss("Rss: 1 kB\n"), None);
    }

    #[test]
    fn time_is_counted_thread_by_thread() {
        let reading = |threads: &[(u32, u64)]| CpuReading(threads.iter().copied().collect());
        let earlier = reading(&[(1, 100), (2, 50), (3, 1000)]);
        // Thread 2 stood still, 3 has ended, 4 is new.
        let later = reading(&[(1, 130), (2, 50), (4, 5)]);
        assert_eq!(later.since(&earlier), Duration::from_nanos(35));
        assert_eq!(later.since(&CpuReading::default()), Duration::from_nanos(185));
    }

    #[test]
    fn this_process_can_be_read() {
        let own = [std::process::id()];
        assert!(!CpuReading::take(&own).unwrap().0.is_empty());
        assert!(memory(&own).unwrap() > 0);
    }
}
