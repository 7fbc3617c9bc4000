//! Runs the built binary in its own directory.

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::server::Server;

/// A working directory for runs of `clairon` that share a database. They get no variables of the test's environment.
pub(crate) struct Place(TempDir);

/// The exit code and output of a run.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).unwrap();
    }

    /// Runs `clairon` until it ends.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.command(arguments).output().unwrap().into()
    }

    /// Does the same with these variables.
    pub(crate) fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
        self.command(arguments).envs(variables.iter().copied()).output().unwrap().into()
    }

    /// Starts `clairon serve` on a free port and waits until it is ready.
    pub(crate) fn serve(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Server {
        let mut command = self.command(&["serve", "--host", "127.0.0.1", "--port", "0", "--log-format", "json"]);
        command.args(arguments).envs(variables.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Server::wait_until_ready(command.spawn().unwrap())
    }

    /// Starts `clairon serve` where these variables say, and waits until it is ready.
    pub(crate) fn serve_at(&self, variables: &[(&str, &str)]) -> Server {
        let mut command = self.command(&["serve", "--log-format", "json"]);
        command.envs(variables.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Server::wait_until_ready(command.spawn().unwrap())
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_clairon"));
        command.args(arguments).current_dir(self.path()).env_clear().stdin(Stdio::null());
        command
    }
}

impl Run {
    /// The fields of this name in the lines of JSON that a server printed to stdout.
    pub(crate) fn printed(&self, field: &str) -> String {
        let lines = self.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter_map(|line| line[field].as_str().map(str::to_owned)).collect()
    }
}

/// The JSON output of a successful run.
#[track_caller]
pub(crate) fn json(run: &Run) -> Value {
    assert_eq!(run.code, 0, "{}", run.stderr);
    serde_json::from_str(&run.stdout).unwrap()
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}
