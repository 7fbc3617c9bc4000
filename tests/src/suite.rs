//! Running a client's own test suite against a server.

use std::path::PathBuf;
use std::process::Command;

use crate::server::{Server, binary};

/// The directory of one client's suite.
#[must_use]
pub fn directory(client: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("clients").join(client)
}

/// Runs `program` with `arguments` in the directory of `client`, told where `server` is and who its app is.
///
/// # Panics
/// When the suite cannot be run or fails; the panic shows all that it printed.
pub fn run(server: &Server, client: &str, program: &str, arguments: &[&str]) {
    let app = server.app();
    let output = Command::new(program)
        .args(arguments)
        .current_dir(directory(client))
        .env("CLAIRON_BIN", binary())
        .env("CLAIRON_HOST", server.host())
        .env("CLAIRON_PORT", server.port().to_string())
        .env("APP_ID", &app.id)
        .env("APP_KEY", &app.key)
        .env("APP_SECRET", &app.secret)
        .output()
        .unwrap_or_else(|error| panic!("running {program} in tests/clients/{client} (after `make tools`): {error}"));
    assert!(
        output.status.success(),
        "{program} {arguments:?} in tests/clients/{client} ended with {}:\n{}\n{}\nlog of the server:\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
        server.log(),
    );
}
