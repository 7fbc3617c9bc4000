//! A private `MariaDB` server, which speaks as `MySQL` does.

use std::{
    fs::{self, File},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// How long it may take to listen.
const START: Duration = Duration::from_mins(1);

/// Listens on a socket in its own directory and nowhere else. Stopped, and its files removed, when dropped.
pub(crate) struct MariaDb {
    process: Child,
    directory: TempDir,
}

impl MariaDb {
    pub(crate) fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        let data = format!("--datadir={}", path.join("data").display());
        let options = ["--no-defaults", "--user=root", data.as_str()];
        let log = File::create(path.join("log")).unwrap();
        let quiet = |command: &mut Command| {
            command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log.try_clone().unwrap());
        };
        let mut install = Command::new("mariadb-install-db");
        install.args(options).args(["--auth-root-authentication-method=normal", "--skip-test-db"]);
        quiet(&mut install);
        assert!(install.status().unwrap().success(), "{}", fs::read_to_string(path.join("log")).unwrap());
        let mut server = Command::new("/usr/sbin/mariadbd");
        server.args(options).args(["--skip-networking", "--innodb-flush-log-at-trx-commit=0"]);
        server.arg(format!("--socket={}", path.join("socket").display()));
        quiet(&mut server);
        let server = Self { process: server.spawn().unwrap(), directory };
        let deadline = Instant::now() + START;
        while !server.client("SELECT 1") {
            assert!(Instant::now() < deadline, "{}", fs::read_to_string(server.directory.path().join("log")).unwrap());
        }
        server
    }

    /// Runs statements; false: the server does not answer, or refuses them.
    pub(crate) fn client(&self, statements: &str) -> bool {
        let socket = format!("--socket={}", self.directory.path().join("socket").display());
        let mut client = Command::new("mariadb");
        client.args(["--no-defaults", "--user=root", &socket, "--execute", statements]);
        client.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
    }

    /// The URL of one of its databases.
    pub(crate) fn url(&self, database: &str) -> String {
        let socket = self.directory.path().join("socket").display().to_string().replace('/', "%2F");
        format!("mysql://root@localhost/{database}?socket={socket}")
    }
}

impl Drop for MariaDb {
    fn drop(&mut self) {
        // Each fails only for a process that has ended already.
        let _ = kill_process(Pid::from_child(&self.process), Signal::TERM);
        let _ = self.process.wait();
    }
}
