//! A private server: the real binary on a port that the system chooses. It ends with the test.

use std::env;
use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::NamedTempFile;
use toml::Table;

use crate::app::App;
use crate::log::Log;

/// A running server. It is killed on drop.
#[derive(Debug)]
pub struct Server {
    child: Child,
    log: Log,
    host: String,
    port: u16,
    listens: Vec<String>,
    apps: Vec<App>,
    // The settings file lives as long as the server.
    _settings: Option<NamedTempFile>,
}

/// The parameters of a server to start.
#[derive(Debug)]
pub struct Builder {
    apps: Vec<App>,
    database: String,
    host: Option<&'static str>,
    port: u16,
    listen: Vec<String>,
    passed: Vec<(OwnedFd, &'static str)>,
    open_files: Option<usize>,
    environment: Vec<(String, String)>,
    arguments: Vec<OsString>,
}

impl Server {
    /// Starts a server for one app with the default settings.
    ///
    /// # Panics
    /// When the server does not become ready.
    #[must_use]
    pub fn start(app: App) -> Self {
        Self::builder().app(app).start()
    }

    /// A server with an in-memory database and without apps.
    #[must_use]
    pub fn builder() -> Builder {
        Builder {
            apps: Vec::new(),
            database: "sqlite::memory:".to_owned(),
            host: Some("127.0.0.1"),
            port: 0,
            listen: Vec::new(),
            passed: Vec::new(),
            open_files: None,
            environment: Vec::new(),
            arguments: Vec::new(),
        }
    }

    /// The address on which it listens.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port on which it listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The scheme of its URLs, `http` or `https`.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        if self.listens.iter().any(|place| !place.starts_with("tls://")) { "http" } else { "https" }
    }

    /// The addresses of all its sockets but that of the metrics, in the order of the settings.
    #[must_use]
    pub fn listens(&self) -> &[String] {
        &self.listens
    }

    /// The app it was started with first.
    ///
    /// # Panics
    /// When it was started without apps.
    #[must_use]
    pub fn app(&self) -> &App {
        self.apps.first().unwrap_or_else(|| panic!("the server was started without an app"))
    }

    /// Its log.
    #[must_use]
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// The first line of its log, past or future, that `wanted` accepts.
    ///
    /// # Panics
    /// When no such line arrives in time. The panic names `what` and shows the log.
    #[must_use]
    pub fn wait_for_log(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        self.log.wait_for(what, wanted)
    }

    /// Sends it a signal.
    ///
    /// # Panics
    /// When it has ended already.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap_or_else(|error| panic!("{signal:?}: {error}"));
    }

    /// Stops it like a process manager, and returns its exit status.
    ///
    /// # Panics
    /// When it has ended already, or does not stop in time.
    #[must_use]
    pub fn terminate(self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.ended()
    }

    /// Waits until it has stopped, and returns its exit status.
    ///
    /// # Panics
    /// When it does not stop in time.
    #[must_use]
    pub fn ended(mut self) -> ExitStatus {
        self.log.wait_for_end();
        self.child.wait().unwrap_or_else(|error| panic!("waiting for the server's end: {error}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both calls fail only if the process has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Builder {
    /// Declares an app. A single app is declared in the environment, several in a settings file.
    #[must_use]
    pub fn app(mut self, app: App) -> Self {
        self.apps.push(app);
        self
    }

    /// Sets the URL of the database, which replaces the in-memory one.
    #[must_use]
    pub fn database(mut self, url: impl Into<String>) -> Self {
        self.database = url.into();
        self
    }

    /// Sets a port instead of the system's choice, to restart at the place of an earlier server.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Sets the address to listen on instead of the loopback; `None` for the server's default.
    #[must_use]
    pub fn host(mut self, host: Option<&'static str>) -> Self {
        self.host = host;
        self
    }

    /// Where to listen, in the form of `server.listen`, instead of a host and a port.
    #[must_use]
    pub fn listen<const N: usize>(mut self, places: [&str; N]) -> Self {
        self.listen = places.map(str::to_owned).to_vec();
        self
    }

    /// A listening socket that is passed to the process as systemd does it, under a name. There can be two.
    #[must_use]
    pub fn passed(mut self, socket: impl Into<OwnedFd>, name: &'static str) -> Self {
        self.passed.push((socket.into(), name));
        self
    }

    /// How many files the server may open.
    #[must_use]
    pub fn open_files(mut self, limit: usize) -> Self {
        self.open_files = Some(limit);
        self
    }

    /// Sets an environment variable, such as `CLAIRON_HEARTBEAT_…`.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// Adds an argument of `clairon serve`.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Starts the server and returns once it is ready.
    ///
    /// # Panics
    /// When the binary is missing, or ends or is silent instead of becoming ready.
    #[must_use]
    pub fn start(self) -> Server {
        let mut server = self.spawn();
        let ready = server.wait_for_log("the line that says ready", |line| line["message"] == "ready");
        (server.host, server.port) = address(&ready);
        server.listens = ready["listen"].as_str().unwrap_or_default().split(", ").map(str::to_owned).collect();
        server
    }

    /// Starts the server, which must end by itself, and returns its exit code and its log.
    ///
    /// # Panics
    /// When the binary is missing, or does not end.
    #[must_use]
    pub fn start_in_vain(self) -> (Option<i32>, Vec<Value>) {
        let server = self.spawn();
        let log = server.log.clone();
        (server.ended().code(), log.lines())
    }

    fn spawn(mut self) -> Server {
        let settings = (self.apps.len() > 1).then(|| settings_file(&self.apps));
        let mut child = self
            .command(settings.as_ref().map(NamedTempFile::path))
            .spawn()
            .unwrap_or_else(|error| panic!("starting {}: {error}", binary().display()));
        let stderr = child.stderr.take().unwrap_or_else(|| panic!("the server's stderr is not piped"));
        let log = Log::read(stderr);
        Server { child, log, host: String::new(), port: 0, listens: Vec::new(), apps: self.apps, _settings: settings }
    }

    fn command(&mut self, settings: Option<&Path>) -> Command {
        let passed = std::mem::take(&mut self.passed);
        let mut command = match self.open_files {
            Some(limit) => limited(limit),
            None if passed.is_empty() => Command::new(binary()),
            None => passing(&passed),
        };
        command.args(["serve", "--log-format", "json"]);
        if !self.listen.is_empty() {
            self.environment.push(("CLAIRON_SERVER_LISTEN".to_owned(), self.listen.join(",")));
        } else if passed.is_empty() {
            command.args(self.host.iter().flat_map(|host| ["--host", host])).args(["--port", &self.port.to_string()]);
        }
        command
            .args(["--database", &self.database])
            .args(&self.arguments)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        if !passed.is_empty() {
            let names: Vec<_> = passed.iter().map(|(_, name)| *name).collect();
            command.env("LISTEN_FDNAMES", names.join(":")).env("LISTEN_FDS", names.len().to_string());
        }
        for ((socket, _), set) in passed.into_iter().zip([Command::stdin, Command::stdout]) {
            set(&mut command, Stdio::from(socket));
        }
        match settings {
            Some(path) => command.arg("--config").arg(path),
            None => command.envs(self.apps.iter().flat_map(App::environment)),
        };
        command
    }
}

/// The binary under test, which Cargo builds for the tests of the crate `clairon`.
///
/// # Panics
/// When the test was not started by Cargo.
#[must_use]
pub fn binary() -> PathBuf {
    let path = env::var_os("CARGO_BIN_EXE_clairon");
    path.unwrap_or_else(|| panic!("CARGO_BIN_EXE_clairon is not set: run this with `cargo test`")).into()
}

/// The binary under test, with a limit of open files that it cannot raise.
fn limited(open_files: usize) -> Command {
    let mut command = Command::new("/bin/sh");
    // The shell replaces itself, so that signals reach the binary.
    command.args(["-c", r#"ulimit -n "$0" && exec "$@""#, &open_files.to_string()]).arg(binary());
    command
}

/// The binary under test, to which these sockets are passed from descriptor 3 on. They come as its input and output.
fn passing(sockets: &[(OwnedFd, &'static str)]) -> Command {
    let script = match sockets.len() {
        1 => "exec 3<&0 </dev/null",
        2 => "exec 3<&0 4<&1 </dev/null >/dev/null",
        many => panic!("{many} sockets cannot be passed"),
    };
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &format!(r#"{script}; LISTEN_PID=$$; export LISTEN_PID; exec "$0" "$@""#)]).arg(binary());
    command
}

fn settings_file(apps: &[App]) -> NamedTempFile {
    let tables = apps.iter().map(App::table).collect::<Vec<_>>();
    let settings = Table::from_iter([("apps".to_owned(), tables.into())]);
    let file = tempfile::Builder::new()
        .suffix(".toml")
        .tempfile()
        .unwrap_or_else(|error| panic!("creating a settings file: {error}"));
    std::fs::write(file.path(), settings.to_string()).unwrap_or_else(|error| panic!("writing it: {error}"));
    file
}

/// Host and port in the field `http` of the log line "ready"; neither for a Unix socket.
fn address(ready: &Value) -> (String, u16) {
    let url = ready["http"].as_str();
    if url.is_some_and(|url| url.starts_with("unix:")) {
        return (String::new(), 0);
    }
    url.and_then(|url| url.strip_prefix("http://").or_else(|| url.strip_prefix("https://")))
        .and_then(|address| address.rsplit_once(':'))
        .and_then(|(host, port)| Some((host.to_owned(), port.parse().ok()?)))
        .unwrap_or_else(|| panic!("no http://HOST:PORT in {ready}"))
}
