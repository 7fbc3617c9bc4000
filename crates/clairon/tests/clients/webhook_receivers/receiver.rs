//! Receivers: the code in `docs/webhooks.md`, run in its own runtime.

use std::fs;
use std::process::{Child, Command, Stdio};

use clairon_test_servers::certificates::Certificate;
use clairon_tests::app::App;
use clairon_tests::log::Log;
use clairon_tests::suite::clients;
use serde_json::Value;
use tempfile::TempDir;

/// A running receiver. It is stopped on drop.
pub(crate) struct Receiver {
    child: Child,
    log: Log,
    port: u16,
    scheme: &'static str,
    path: &'static str,
    _folder: TempDir,
}

/// The runtime of a receiver.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Runtime {
    Laravel,
    Node,
    Python,
}

impl Receiver {
    /// Starts a receiver for the app, with TLS if there is a certificate.
    pub(crate) fn start(runtime: Runtime, app: &App, certificate: Option<&Certificate>) -> Self {
        let clients = clients();
        // Node searches for the library in the parent folders.
        let folder = tempfile::Builder::new().prefix(".receiver-").tempdir_in(clients.join("node")).unwrap();
        let mut command = match runtime {
            Runtime::Laravel => {
                let file = write(&folder, "controller.php", &code("php", "class PusherWebhookController"));
                fs::create_dir_all(folder.path().join("bootstrap/cache")).unwrap();
                let mut command = Command::new("php");
                command.args(["-S", "127.0.0.1:0"]).arg(clients.join("php/webhooks.php")).env("CONTROLLER", file);
                command
            }
            Runtime::Node => {
                let file = write(&folder, "receiver.mjs", &code("js", "function receive"));
                let mut command = Command::new("node");
                command.arg(clients.join("node/webhooks/receiver.js")).env("RECEIVER", file);
                command
            }
            Runtime::Python => {
                let file = write(&folder, "receiver.py", &code("python", "def application"));
                let mut command = Command::new(clients.join("python/.venv/bin/python"));
                command.arg(clients.join("python/receiver.py")).env("RECEIVER", file);
                command
            }
        };
        if let Some(certificate) = certificate {
            command.env("CERTIFICATE", certificate.chain()).env("KEY", certificate.key());
        }
        command
            .env("PUSHER_APP_ID", &app.id)
            .env("PUSHER_APP_KEY", &app.key)
            .env("PUSHER_APP_SECRET", &app.secret)
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let log = Log::read(child.stderr.take().unwrap());
        let line = log.wait_for("the port of the receiver", |line| port(line).is_some());
        let port = port(&line).unwrap();
        let scheme = if certificate.is_some() { "https" } else { "http" };
        let path = if matches!(runtime, Runtime::Laravel) { "/pusher/webhook" } else { "/" };
        Self { child, log, port, scheme, path, _folder: folder }
    }

    /// The URL of the receiver. Its certificates are for `localhost`.
    pub(crate) fn url(&self) -> String {
        format!("{}://localhost:{}{}", self.scheme, self.port, self.path)
    }

    /// The events that the receiver has parsed, in their order, once there are `count` of them.
    pub(crate) fn events(&self, count: usize) -> Vec<Value> {
        let lines = self.log.wait_for_count("the events of the receiver", count, |line| line[1].is_object());
        lines.into_iter().map(|line| line[1].clone()).collect()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        // Both calls fail only if the process has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The code block in `language` in the documentation that contains `mark`.
fn code(language: &str, mark: &str) -> String {
    let document = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/webhooks.md")).unwrap();
    let beginning = format!("```{language}\n");
    let blocks = document.split(&beginning).skip(1).filter_map(|rest| rest.split_once("\n```"));
    let mut marked = blocks.map(|(block, _)| block).filter(|block| block.contains(mark));
    marked.next().unwrap_or_else(|| panic!("docs/webhooks.md has no code in {language} with {mark}")).to_owned()
}

fn write(folder: &TempDir, name: &str, text: &str) -> std::path::PathBuf {
    let file = folder.path().join(name);
    fs::write(&file, text).unwrap();
    file
}

/// The port in a line of a receiver's log, in our format or in that of `php -S`.
fn port(line: &Value) -> Option<u16> {
    match line {
        Value::Array(_) => line.get(1).filter(|_| line[0] == "port")?.as_u64()?.try_into().ok(),
        Value::String(text) => text.split_once("(http://127.0.0.1:")?.1.split_once(") started")?.0.parse().ok(),
        _ => None,
    }
}
