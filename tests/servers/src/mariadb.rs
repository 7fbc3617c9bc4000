//! A private MariaDB, which also stands for MySQL.

use std::{
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use tempfile::TempDir;

use crate::{
    process::{Process, free_port, output, temporary_folder},
    shared_server::SharedServer,
};

/// A MariaDB. It is down after [`Self::kill`].
#[derive(Debug)]
pub struct MariaDb {
    port: u16,
    folder: TempDir,
    options: Vec<String>,
    environment: Vec<(String, String)>,
    process: Option<Process>,
}

impl MariaDb {
    /// Starts a server.
    ///
    /// # Panics
    /// When it does not become ready.
    #[must_use]
    pub fn start() -> Self {
        Self::with(&[], &[])
    }

    /// Starts a server with these options and variables.
    ///
    /// # Panics
    /// When it does not become ready.
    #[must_use]
    pub fn with(options: &[&str], environment: &[(&str, &str)]) -> Self {
        let options = options.iter().map(|&option| option.to_owned()).collect();
        let environment = environment.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        let mut server = Self { port: free_port(), folder: temporary_folder(), options, environment, process: None };
        let mut install = Command::new("mariadb-install-db");
        install.args(["--no-defaults", "--user=root", "--auth-root-authentication-method=normal", "--skip-test-db"]);
        output(install.args(server.folders()));
        server.run();
        server
    }

    /// The server that all running tests of this executable share.
    #[must_use]
    pub fn shared() -> Arc<Self> {
        static SERVER: SharedServer<MariaDb> = SharedServer::new(MariaDb::start);
        SERVER.get()
    }

    /// Starts the server again after [`Self::kill`], on the same port, with its data on disk.
    ///
    /// # Panics
    /// When it does not become ready.
    pub fn run(&mut self) {
        let mut command = Command::new("sh");
        // It reports on standard error that it is ready.
        command.args(["-c", "exec \"$@\" 2>&1", "sh", "/usr/sbin/mariadbd", "--no-defaults", "--user=root"]);
        command.args(self.folders());
        command.args(["--bind-address=127.0.0.1", &format!("--port={}", self.port), &self.socket_option()]);
        command.args(&self.options).envs(self.environment.iter().map(|(name, value)| (name, value)));
        self.process = Some(Process::start(&mut command, "ready for connections"));
    }

    /// Kills the server, like a power failure.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Runs statements as root, and returns the result without column names.
    ///
    /// # Panics
    /// When the server refuses them.
    #[must_use]
    pub fn select(&self, statements: &str) -> String {
        let mut client = Command::new("mariadb");
        client.args(["--no-defaults", "--user=root", "--skip-column-names", &self.socket_option(), "--execute"]);
        output(client.arg(statements))
    }

    /// Runs statements as root.
    ///
    /// # Panics
    /// When the server refuses them, or returns a result.
    pub fn execute(&self, statements: &str) {
        assert_eq!(self.select(statements), "", "{statements}");
    }

    /// Creates a database with the server's defaults and returns its name.
    ///
    /// # Panics
    /// When this fails.
    #[must_use]
    pub fn create_database(&self) -> String {
        static DATABASES: AtomicU32 = AtomicU32::new(0);
        let database = format!("database_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
        self.execute(&format!("CREATE DATABASE {database}"));
        database
    }

    /// The URL of a database over the socket. `user` may include a password after a colon.
    #[must_use]
    pub fn url_as(&self, user: &str, database: &str) -> String {
        let socket = self.folder.path().join("socket").display().to_string().replace('/', "%2F");
        format!("mysql://{user}@localhost/{database}?socket={socket}")
    }

    /// The URL of a database for root, over the socket.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        self.url_as("root", database)
    }

    /// The port that it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its folders. Each server has its own for temporary files, because two servers could delete each other's.
    fn folders(&self) -> [String; 2] {
        let folder = self.folder.path().display();
        [format!("--datadir={folder}/data"), format!("--tmpdir={folder}")]
    }

    fn socket_option(&self) -> String {
        format!("--socket={}", self.folder.path().join("socket").display())
    }
}
