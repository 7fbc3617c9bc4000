//! A private MariaDB, which speaks as MySQL does: on a socket and a free port, in a temporary folder, gone when the
//! test is.

use std::process::{Child, Command};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Weak};

use parking_lot::Mutex;
use tempfile::TempDir;

use crate::redis::{free_port, spawn, temporary_folder};

/// A running MariaDB, or one that is down for a while.
#[derive(Debug)]
pub struct MariaDb {
    port: u16,
    folder: TempDir,
    options: Vec<String>,
    environment: Vec<(String, String)>,
    child: Option<Child>,
}

impl MariaDb {
    /// Starts one.
    ///
    /// # Panics
    /// When it does not get ready.
    #[must_use]
    pub fn start() -> Self {
        Self::with(&[], &[])
    }

    /// Starts one with these options and variables.
    ///
    /// # Panics
    /// When it does not get ready.
    #[must_use]
    pub fn with(options: &[&str], environment: &[(&str, &str)]) -> Self {
        let options = options.iter().map(|&option| option.to_owned()).collect();
        let environment = environment.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        let mut server = Self { port: free_port(), folder: temporary_folder(), options, environment, child: None };
        let mut install = Command::new("mariadb-install-db");
        install.args(["--no-defaults", "--user=root", "--auth-root-authentication-method=normal", "--skip-test-db"]);
        output(install.args(server.folders()));
        server.run();
        server
    }

    /// The server that the tests which run now have in common; started by the first of them, stopped by the last.
    #[must_use]
    pub fn shared() -> Arc<Self> {
        static RUNNING: LazyLock<Mutex<Weak<MariaDb>>> = LazyLock::new(Mutex::default);
        let mut running = RUNNING.lock();
        running.upgrade().unwrap_or_else(|| {
            let server = Arc::new(Self::start());
            *running = Arc::downgrade(&server);
            server
        })
    }

    /// Starts it again where it was, with the data that it has on disk.
    ///
    /// # Panics
    /// When it does not get ready.
    pub fn run(&mut self) {
        let mut command = Command::new("sh");
        // It says that it is ready on its standard error.
        command.args(["-c", "exec \"$@\" 2>&1", "sh", "/usr/sbin/mariadbd", "--no-defaults", "--user=root"]);
        command.args(self.folders());
        command.args(["--bind-address=127.0.0.1", &format!("--port={}", self.port), &self.socket_option()]);
        command.args(&self.options).envs(self.environment.iter().map(|(name, value)| (name, value)));
        self.child = Some(spawn(&mut command, "ready for connections"));
    }

    /// Ends it as a power failure does.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Both fail only for a process that has ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Runs statements as root, and returns what they select, without the names of columns.
    ///
    /// # Panics
    /// When it refuses them.
    #[must_use]
    pub fn select(&self, statements: &str) -> String {
        let mut client = Command::new("mariadb");
        client.args(["--no-defaults", "--user=root", "--skip-column-names", &self.socket_option(), "--execute"]);
        output(client.arg(statements))
    }

    /// Runs statements as root.
    ///
    /// # Panics
    /// When it refuses them, or answers with something.
    pub fn execute(&self, statements: &str) {
        assert_eq!(self.select(statements), "", "{statements}");
    }

    /// Makes a database with the server's defaults and returns its name.
    ///
    /// # Panics
    /// When it does not.
    #[must_use]
    pub fn create_database(&self) -> String {
        static DATABASES: AtomicU32 = AtomicU32::new(0);
        let database = format!("database_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
        self.execute(&format!("CREATE DATABASE {database}"));
        database
    }

    /// The URL of a database, by the socket. `user` may have a password after a colon.
    #[must_use]
    pub fn url_as(&self, user: &str, database: &str) -> String {
        let socket = self.folder.path().join("socket").display().to_string().replace('/', "%2F");
        format!("mysql://{user}@localhost/{database}?socket={socket}")
    }

    /// The URL of a database for root, by the socket.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        self.url_as("root", database)
    }

    /// The port that it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where its files are. Two servers with one folder for temporary files may take them from each other.
    fn folders(&self) -> [String; 2] {
        let folder = self.folder.path().display();
        [format!("--datadir={folder}/data"), format!("--tmpdir={folder}")]
    }

    fn socket_option(&self) -> String {
        format!("--socket={}", self.folder.path().join("socket").display())
    }
}

impl Drop for MariaDb {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What a program prints.
fn output(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}, `make tools` installs it: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
