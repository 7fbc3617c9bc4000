//! The shell command in the output of `clairon serve`, run by a shell.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use clairon_tests::server::binary;
use serde_json::Value;

/// It is killed on drop.
struct Serve(Child);

impl Serve {
    fn start(log_format: &str) -> Self {
        let mut command = Command::new(binary());
        command
            .args(["serve", "--host", "127.0.0.1", "--port", "0", "--database", "sqlite::memory:"])
            .args(["--log-format", log_format])
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        Self(command.spawn().unwrap())
    }

    /// Its stdout up to and including the line that begins with `start`.
    fn printed_until(&mut self, start: &str) -> String {
        let mut stdout = BufReader::new(self.0.stdout.take().unwrap());
        let (mut read, mut line) = (String::new(), 0);
        while !read[line..].starts_with(start) {
            line = read.len();
            assert_ne!(stdout.read_line(&mut read).unwrap(), 0, "no line {start:?} in {read}");
        }
        read
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        // Both calls fail only if the process has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs a script, and asserts that it publishes an event.
fn publishes(script: &str) {
    let shell = Command::new("sh").args(["-euc", script]).stdin(Stdio::null()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&shell.stdout), "{}", "{}", String::from_utf8_lossy(&shell.stderr));
}

#[test]
fn the_script_for_people_publishes() {
    let mut server = Serve::start("human");
    let printed = server.printed_until("curl ");
    let (_, script) = printed.split_once("# An event from a shell\n").unwrap();
    publishes(script);
}

#[test]
fn the_script_in_json_publishes() {
    let mut server = Serve::start("json");
    let line: Value = serde_json::from_str(&server.printed_until("{")).unwrap();
    publishes(line["shell"].as_str().unwrap());
}
