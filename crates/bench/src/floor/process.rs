//! The process of the bare server.

use std::{
    env,
    io::{self, BufRead as _, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
};

use crate::BenchError;

/// A running bare server. It ends when its standard input ends: when this value is dropped or this process ends.
#[derive(Debug)]
pub(crate) struct FloorProcess {
    child: Child,
    address: SocketAddr,
}

impl FloorProcess {
    /// Starts this program again, as `bench floor-server`, and waits until it listens.
    pub(crate) fn start() -> Result<Self, BenchError> {
        Self::spawn().map_err(BenchError::io("starting the bare server"))
    }

    fn spawn() -> io::Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        command.args(["bench", "floor-server"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let address = line.trim().parse().map_err(|_| io::Error::other("it does not print its address"))?;
        Ok(Self { child, address })
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for FloorProcess {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // An error means that the process has already ended.
        let _ = self.child.wait();
    }
}
