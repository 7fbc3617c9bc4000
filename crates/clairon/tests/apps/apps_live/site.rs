//! A server, its database, and an app created by the command line.

use std::process::{Command, Stdio};
use std::sync::Arc;

use clairon_test_servers::{MariaDb, eventually};
use clairon_tests::api::Request;
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::raw::RawSocket;
use clairon_tests::server::{Server, binary};
use serde_json::Value;
use tempfile::TempDir;

/// A database that exists until this is dropped.
pub(crate) trait Database {
    fn url(&self) -> String;
}

pub(crate) struct SqliteFile(TempDir);

impl SqliteFile {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap_or_else(|error| panic!("a temporary folder: {error}")))
    }
}

impl Database for SqliteFile {
    fn url(&self) -> String {
        format!("sqlite://{}", self.0.path().join("apps.db").display())
    }
}

pub(crate) struct Postgres {
    server: Arc<clairon_test_servers::Postgres>,
    database: String,
}

impl Postgres {
    pub(crate) fn new() -> Self {
        let server = clairon_test_servers::Postgres::shared();
        let database = server.create_database();
        Self { server, database }
    }
}

impl Database for Postgres {
    fn url(&self) -> String {
        self.server.url(&self.database)
    }
}

pub(crate) struct MySql {
    server: Arc<MariaDb>,
    database: String,
}

impl MySql {
    pub(crate) fn new() -> Self {
        let server = MariaDb::shared();
        let database = server.create_database();
        Self { server, database }
    }
}

impl Database for MySql {
    fn url(&self) -> String {
        self.server.url(&self.database)
    }
}

/// A server with a database that has a second app.
pub(crate) struct Site {
    pub(crate) server: Server,
    pub(crate) app: App,
    url: String,
    // The server is dropped before its database.
    _database: Box<dyn Database>,
}

impl Site {
    pub(crate) fn start(database: impl Database + 'static) -> Self {
        let (url, app) = (database.url(), App::new("live"));
        clairon(&url, &["create", "--id", &app.id, "--key", &app.key, "--secret", &app.secret]);
        let server = Server::builder().database(&url).start();
        Self { server, app, url, _database: Box::new(database) }
    }

    /// Runs `clairon app` and returns its output.
    pub(crate) fn clairon(&self, arguments: &[&str]) -> Value {
        clairon(&self.url, arguments)
    }

    pub(crate) fn connect(&self) -> Client {
        Client::connect(&self.server, &self.app)
    }

    /// The code with which a client with this key is refused.
    pub(crate) fn refusal(&self, key: &str) -> Option<u16> {
        let mut socket = RawSocket::open(&self.server, &format!("/app/{key}?protocol=7"));
        assert_eq!(socket.event()["event"], "pusher:error");
        socket.closed().0
    }

    /// Waits until the server answers a signed request of `app` with this status.
    pub(crate) fn wait_for_status(&self, app: &App, status: u16) {
        let what = format!("the answer to the key {}: {status}", app.key);
        eventually(&what, || Request::get(app, "/channels", &[]).send(&self.server).status == status);
    }

    /// Stops the server, and returns the app as it is in the registry then.
    pub(crate) fn stop(self) -> Value {
        let Self { server, app, url, _database } = self;
        assert!(server.terminate().success());
        clairon(&url, &["show", &app.id])
    }
}

/// Runs `clairon app` on a database and returns its output.
pub(crate) fn clairon(database: &str, arguments: &[&str]) -> Value {
    let mut command = Command::new(binary());
    command.arg("app").args(arguments).args(["--json", "--database", database]).env_clear().stdin(Stdio::null());
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error} in what {command:?} prints"))
}

/// `app` with the key in the output of `rotate`.
pub(crate) fn rotated(app: &App, answer: &Value) -> App {
    let text = |name: &str| answer[name].as_str().unwrap_or_else(|| panic!("no {name}")).to_owned();
    let mut app = app.clone();
    (app.key, app.secret) = (text("key"), text("secret"));
    app
}

/// The close code of a connection that ends with an error.
pub(crate) fn end(mut client: Client) -> Option<u16> {
    let error = client.expect("pusher:error");
    let (code, _) = client.socket.closed();
    assert_eq!(error["data"]["code"].as_u64(), code.map(u64::from));
    code
}
