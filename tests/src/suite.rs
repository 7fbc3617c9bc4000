//! Running a client's own test suite against a server.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::app::App;
use crate::server::{Server, binary};

/// The suites of `tests/clients/node/{directory}`, run one after another by Node.
///
/// # Panics
/// When one of them fails; the panic shows all that was printed.
pub fn node(server: &Server, directory: &str) {
    node_as(server, server.app(), directory);
}

/// The same for an app that the server has otherwise than by being started with it.
///
/// # Panics
/// When one of them fails; the panic shows all that was printed.
pub fn node_as(server: &Server, app: &App, directory: &str) {
    let root = clients().join("node");
    let suites = files(&root.join(directory), ".test.js");
    let mut command = Command::new("node");
    // pusher-js leaves timers running for half a minute after it has disconnected: hence the forced exit.
    command
        .args(["--test", "--test-reporter=spec", "--test-concurrency=1", "--test-force-exit"])
        .args(suites)
        .current_dir(root);
    run(server, app, command);
}

/// The suites of `tests/clients/python`.
///
/// # Panics
/// When one of them fails; the panic shows all that was printed.
pub fn python(server: &Server) {
    let root = clients().join("python");
    let mut command = Command::new(root.join(".venv/bin/python"));
    command.args(["-m", "unittest", "discover", "--verbose"]).current_dir(root);
    run(server, server.app(), command);
}

/// Everything that schemathesis makes of the description of the admin API that `server` serves.
///
/// # Panics
/// When one of its checks fails; the panic shows all that was printed.
pub fn schemathesis(server: &Server, token: &str) {
    let root = clients().join("python");
    let url = format!("http://{}:{}/admin/api/openapi.json", server.host(), server.port());
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("creating a folder: {error}"));
    let mut command = Command::new(root.join(".venv/bin/schemathesis"));
    command
        .args(["run", "--checks", "all", "--seed", "1", "--max-examples", "25", "--generation-database", "none"])
        // It goes on as long as the server does.
        .args(["--exclude-path", "/tail"])
        .args(["--no-color", "--header", &format!("Authorization: Bearer {token}"), &url])
        // Where it would look for settings of its own, and keep reports.
        .current_dir(folder.path());
    output(server, command);
}

/// Runs `command`, told where `server` is and who `app` is by the names of a Laravel `.env`.
fn run(server: &Server, app: &App, mut command: Command) {
    command
        .env("CLAIRON_BIN", binary())
        .env("PUSHER_HOST", server.host())
        .env("PUSHER_PORT", server.port().to_string())
        .env("PUSHER_APP_ID", &app.id)
        .env("PUSHER_APP_KEY", &app.key)
        .env("PUSHER_APP_SECRET", &app.secret);
    output(server, command);
}

fn output(server: &Server, mut command: Command) {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?} does not run, `make tools` installs what it needs: {error}"));
    assert!(
        output.status.success(),
        "{command:?} ended with {}:\n{}\n{}\nlog of the server:\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
        server.log(),
    );
}

/// The folder `tests/clients`.
#[must_use]
pub fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}

/// The files of `directory` whose names end so. None at all would be a suite that passes without a test.
fn files(directory: &Path, end: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let mut files = entries
        .map(|entry| entry.unwrap_or_else(|error| panic!("{}: {error}", directory.display())).path())
        .filter(|path| path.file_name().and_then(OsStr::to_str).is_some_and(|name| name.ends_with(end)))
        .collect::<Vec<_>>();
    assert!(!files.is_empty(), "no *{end} in {}", directory.display());
    files.sort();
    files
}
