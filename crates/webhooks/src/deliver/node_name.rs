//! The name of a process in leases. Other processes of the machine can tell from it that the process has ended.

use std::{fs, process};

/// The name of a process: the boot of its machine, its namespace of process ids, its id and its start time.
///
/// A process of the same boot and namespace can see whether it still runs. So the leases of a killed process can be
/// taken over before they expire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NodeName {
    space: String,
    id: u32,
    started: String,
}

impl NodeName {
    /// The name of this process. It is random where `/proc` is not available; then no process can see that it has
    /// ended.
    pub(crate) fn own() -> Self {
        let id = process::id();
        space().zip(started(id)).map_or_else(
            || Self { space: hex::encode(rand::random::<[u8; 8]>()), id, started: String::new() },
            |(space, started)| Self { space, id, started },
        )
    }

    /// Parses a name. `None` if the text has another form.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '.');
        let (space, id, started) = (parts.next()?.to_owned(), parts.next()?.parse().ok()?, parts.next()?.to_owned());
        Some(Self { space, id, started })
    }

    /// True if this process can see that the process has ended.
    pub(crate) fn has_ended(&self) -> bool {
        !self.started.is_empty()
            && space().is_some_and(|own| own == self.space)
            && started(self.id).is_none_or(|started| started != self.started)
    }
}

impl std::fmt::Display for NodeName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.space, self.id, self.started)
    }
}

/// The boot of the machine and the namespace of process ids, in short form.
fn space() -> Option<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let ids = fs::read_link("/proc/self/ns/pid").ok()?;
    let ids: String = ids.to_string_lossy().chars().filter(char::is_ascii_digit).collect();
    Some(format!("{}-{ids}", boot.trim().split('-').next()?))
}

/// The start time of a process, in clock ticks of the system. `None` if it has ended; it may still be a zombie.
fn started(id: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The second field is the program's name in brackets, which may hold anything. The third is the state, the 22nd the
    // start (proc(5)).
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let is_over = matches!(fields.next()?, "Z" | "X" | "x");
    (!is_over).then(|| fields.nth(18).map(str::to_owned))?
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_process_is_seen_to_end() {
        let own = NodeName::own();
        assert!(!own.has_ended());
        assert_eq!(NodeName::parse(&own.to_string()), Some(own.clone()));
        assert!(own.to_string().len() <= 64);
        // A build needs a shell anyway; `make check` hides other programs.
        let mut child = Command::new("/bin/sh").args(["-c", "read line"]).stdin(Stdio::piped()).spawn().unwrap();
        let name = NodeName { id: child.id(), started: started(child.id()).unwrap(), ..own.clone() };
        assert!(!name.has_ended());
        child.kill().unwrap();
        while !name.has_ended() {
            std::thread::yield_now();
        }
        child.wait().unwrap();
        assert!(name.has_ended());
        // Another process with its id.
        assert!(NodeName { started: "1".to_owned(), ..own.clone() }.has_ended());
        for stranger in [
            NodeName { space: "elsewhere-1".to_owned(), id: u32::MAX, ..own.clone() },
            NodeName { started: String::new(), id: u32::MAX, ..own },
        ] {
            assert!(!stranger.has_ended(), "{stranger}");
        }
        assert_eq!(NodeName::parse("x"), None);
    }
}
