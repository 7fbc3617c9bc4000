//! The name of this process for other nodes, by which they see that it has ended.

use std::{fs, process};

/// A process: the boot of its machine, the space of process ids that it is in, its id and the time of its start.
///
/// A process of the same boot and the same space sees whether it still runs. So what a process has left behind that was
/// killed need not wait until its leases end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NodeName {
    space: String,
    id: u32,
    started: String,
}

impl NodeName {
    /// The name of this process. On a system that says too little it is random, and nobody sees that it has ended.
    pub(crate) fn own() -> Self {
        let id = process::id();
        space().zip(started(id)).map_or_else(
            || Self { space: hex::encode(rand::random::<[u8; 8]>()), id, started: String::new() },
            |(space, started)| Self { space, id, started },
        )
    }

    /// Reads the name of a process. `None`: no process of this version has such a name.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '.');
        let (space, id, started) = (parts.next()?.to_owned(), parts.next()?.parse().ok()?, parts.next()?.to_owned());
        Some(Self { space, id, started })
    }

    /// True where the process has ended, as far as this one can see.
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

/// The boot of the machine and the space of process ids, in few characters.
fn space() -> Option<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let ids = fs::read_link("/proc/self/ns/pid").ok()?;
    let ids: String = ids.to_string_lossy().chars().filter(char::is_ascii_digit).collect();
    Some(format!("{}-{ids}", boot.trim().split('-').next()?))
}

/// When a process began, in the system's clock ticks. `None`: it has ended, though its parent may not know.
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
    use std::process::Command;

    use super::*;

    #[test]
    fn a_process_is_seen_to_end() {
        let own = NodeName::own();
        assert!(!own.has_ended());
        assert_eq!(NodeName::parse(&own.to_string()), Some(own.clone()));
        assert!(own.to_string().len() <= 64);
        let mut child = Command::new("sleep").arg("100").spawn().unwrap();
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
