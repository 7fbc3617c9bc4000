//! Runs the test suite of a client library against a server.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::admin;
use crate::app::App;
use crate::server::{Server, binary};

/// Runs the suites in `tests/clients/node/{directory}` with Node, one after another.
///
/// # Panics
/// When one fails. The panic shows its output.
pub fn node(server: &Server, directory: &str) {
    node_as(server, server.app(), directory);
}

/// Does the same with additional variables.
///
/// # Panics
/// When one fails. The panic shows its output.
pub fn node_with(server: &Server, directory: &str, variables: &[(&str, &str)]) {
    let mut command = node_command(directory);
    command.envs(variables.iter().copied());
    run(server, server.app(), command);
}

/// Does the same for an app that the server was not started with.
///
/// # Panics
/// When one fails. The panic shows its output.
pub fn node_as(server: &Server, app: &App, directory: &str) {
    run(server, app, node_command(directory));
}

/// Does the same over TLS. `authorities` is the PEM file of additional authorities that Node trusts.
///
/// # Panics
/// When one fails. The panic shows its output.
pub fn node_trusting(server: &Server, authorities: &str, directory: &str) {
    let mut command = node_command(directory);
    command.env("NODE_EXTRA_CA_CERTS", authorities);
    run(server, server.app(), command);
}

fn node_command(directory: &str) -> Command {
    let root = clients().join("node");
    let suites = files(&root.join(directory), ".test.js");
    let mut command = Command::new("node");
    // pusher-js keeps timers for half a minute after a disconnect, so the exit is forced.
    command
        .args(["--test", "--test-reporter=spec", "--test-concurrency=1", "--test-force-exit"])
        .args(suites)
        .current_dir(root);
    command
}

/// Checks that the scripts in `clients/js/dist` are what their sources give, and that they are small.
///
/// # Panics
/// When they are not. The panic shows the reason.
pub fn check_built_client() {
    let mut command = Command::new("node");
    command.args(["build.mjs", "--check"]).current_dir(clients().join("../../clients/js"));
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?} does not run, `make tools` installs what it needs: {error}"));
    let [out, errors] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
    assert!(output.status.success(), "{command:?} ended with {}:\n{out}\n{errors}", output.status);
}

/// Runs the suites in `tests/clients/python`, with additional variables.
///
/// # Panics
/// When one fails. The panic shows its output.
pub fn python(server: &Server, variables: &[(&str, &str)]) {
    let root = clients().join("python");
    let mut command = Command::new(root.join(".venv/bin/python"));
    command.args(["-m", "unittest", "discover", "--verbose"]).current_dir(root).envs(variables.iter().copied());
    run(server, server.app(), command);
}

/// Runs all checks of schemathesis on the description of the admin API that `server` serves.
///
/// # Panics
/// When one fails. The panic shows its output.
pub fn schemathesis(server: &Server, token: &str) {
    let root = clients().join("python");
    let url = format!("http://{}:{}/admin/api/openapi.json", server.host(), server.port());
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("creating a folder: {error}"));
    let mut command = Command::new(root.join(".venv/bin/schemathesis"));
    command
        .args(["run", "--checks", "all", "--seed", "1", "--max-examples", "25", "--generation-database", "none"])
        // This request runs as long as the server.
        .args(["--exclude-path", "/tail"])
        // The limits of apps, which schemathesis chooses, apply to events.
        .args(["--exclude-path", "/apps/{id}/events"])
        // Which parameters of a question go together is not in the description.
        .args(["--exclude-path", "/apps/{id}/why"])
        // It would send requests to addresses that schemathesis invents.
        .args(["--exclude-path", "/apps/{id}/webhooks/{webhook}/test"])
        .args(["--no-color", "--header", &format!("Authorization: Bearer {token}"), &url])
        // The folder in which it searches for settings and writes reports.
        .current_dir(folder.path());
    output(server, command);
}

/// Runs `command` with the server and the app in variables, named like in a Laravel `.env`.
fn run(server: &Server, app: &App, mut command: Command) {
    command
        .env("CLAIRON_BIN", binary())
        .env("CLAIRON_ADMIN_TOKEN", admin::TOKEN)
        .env("PUSHER_HOST", server.host())
        .env("PUSHER_PORT", server.port().to_string())
        .env("PUSHER_SCHEME", server.scheme())
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

/// The files of `directory` with this ending. Fails if there are none, because the suite would pass without a test.
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
