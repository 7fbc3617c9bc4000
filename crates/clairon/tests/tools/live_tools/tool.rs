//! A command that runs to its end, or that is observed while it runs.

use std::io::Write;
use std::process::{Child, Command, Output, Stdio};

use clairon_test_servers::eventually;
use clairon_tests::app::App;
use clairon_tests::log::Log;
use clairon_tests::server::{Server, binary};
use serde_json::Value;

/// The exit code and output of a run.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// `clairon` with these arguments, without the variables of the test's environment.
pub(crate) fn clairon(arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.args(arguments).env_clear().current_dir("/").stdin(Stdio::null());
    command
}

/// Runs the command to its end.
pub(crate) fn run(arguments: &[&str]) -> Run {
    clairon(arguments).output().unwrap().into()
}

/// Does the same with text on stdin.
pub(crate) fn run_with(arguments: &[&str], stdin: &str) -> Run {
    let mut command = clairon(arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    child.wait_with_output().unwrap().into()
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

impl Run {
    /// Asserts the exit code, and words on stderr.
    #[track_caller]
    pub(crate) fn ended(&self, code: i32, words: &str) {
        assert_eq!(self.code, code, "{}{}", self.stdout, self.stderr);
        assert!(self.stderr.contains(words), "no {words:?} in {}", self.stderr);
    }
}

/// A command that runs until it is dropped or ends by itself.
pub(crate) struct Watched {
    child: Child,
    pub(crate) stdout: Log,
    pub(crate) stderr: Log,
}

impl Watched {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (stdout, stderr) = (Log::read(child.stdout.take().unwrap()), Log::read(child.stderr.take().unwrap()));
        Self { child, stdout, stderr }
    }

    /// Waits for words on stderr.
    pub(crate) fn says(&self, words: &str) {
        let _ = self.stderr.wait_for(words, |line| line.as_str().is_some_and(|line| line.contains(words)));
    }

    /// Waits for words that are on stderr once already.
    pub(crate) fn says_again(&self, words: &str) {
        let is_it = |line: &&Value| line.as_str().is_some_and(|line| line.contains(words));
        eventually(words, || self.stderr.lines().iter().filter(is_it).count() == 2);
    }

    /// Waits for an event.
    pub(crate) fn event(&self, name: &str) -> Value {
        self.stdout.wait_for(name, |line| line["event"] == name)
    }

    /// Waits for its end. Returns the exit code.
    pub(crate) fn end(mut self) -> i32 {
        self.stderr.wait_for_end();
        self.child.wait().unwrap().code().unwrap()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        // Both calls fail only if the process has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A URL in the form of `PUSHER_URL`.
pub(crate) fn url(server: &Server) -> String {
    url_of(server.app(), server.port())
}

pub(crate) fn url_of(app: &App, port: u16) -> String {
    let App { id, key, secret, .. } = app;
    format!("http://{key}:{secret}@127.0.0.1:{port}/apps/{id}")
}
