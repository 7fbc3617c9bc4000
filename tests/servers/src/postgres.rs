//! A private Postgres.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "where a preparation fails, the test has failed")]

use std::{
    env,
    ffi::OsStr,
    fs,
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use tempfile::TempDir;

use crate::{
    process::{output, temporary_folder},
    shared_server::SharedServer,
};

/// A running Postgres. It listens only on a socket in its own directory.
#[derive(Debug)]
pub struct Postgres {
    directory: TempDir,
    binaries: PathBuf,
    owner: Option<(u32, u32)>,
}

impl Postgres {
    /// The server that all running tests of this executable share.
    #[must_use]
    pub fn shared() -> Arc<Self> {
        static SERVER: SharedServer<Postgres> = SharedServer::new(Postgres::start);
        SERVER.get()
    }

    /// Creates a database and returns its name.
    ///
    /// # Panics
    /// When Postgres refuses it.
    #[must_use]
    pub fn create_database(&self) -> String {
        static DATABASES: AtomicU32 = AtomicU32::new(0);
        let database = format!("database_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
        self.execute("postgres", &format!("CREATE DATABASE {database}"));
        database
    }

    /// Runs statements in one of its databases.
    ///
    /// # Panics
    /// When Postgres refuses them.
    pub fn execute(&self, database: &str, statements: &str) {
        let mut psql = Command::new(self.binaries.join("psql"));
        psql.args(["--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--dbname", &self.url(database), "--command"]);
        output(psql.arg(statements));
    }

    /// The URL of one of its databases.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let socket = self.directory.path().display().to_string().replace('/', "%2F");
        format!("postgres://clairon@{socket}/{database}")
    }

    /// Starts a server.
    ///
    /// # Panics
    /// When it does not become ready.
    #[must_use]
    pub fn start() -> Self {
        let server = Self { directory: temporary_folder(), binaries: find_binaries(), owner: unprivileged_owner() };
        let directory = server.directory.path();
        if let Some((user, group)) = server.owner {
            chown(directory, Some(user), Some(group)).unwrap();
        }
        server.run("initdb", ["--username=clairon", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]);
        let options = format!("-k {} -c listen_addresses= -c fsync=off", directory.display());
        let log = directory.join("log");
        server.run(
            "pg_ctl",
            [
                OsStr::new("--wait"),
                "--log".as_ref(),
                log.as_ref(),
                "--options".as_ref(),
                options.as_ref(),
                "start".as_ref(),
            ],
        );
        server
    }

    /// Runs a Postgres program.
    fn run<A: AsRef<OsStr>>(&self, program: &str, arguments: impl IntoIterator<Item = A>) {
        output(self.command(program).args(arguments));
    }

    /// A Postgres program for the data directory, as its owner.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.binaries.join(program));
        command.current_dir(self.directory.path()).env("PGDATA", self.directory.path().join("data"));
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group);
        }
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Not `run`, which panics: a second panic during a failing test would end the whole run.
        if let Err(error) = self.command("pg_ctl").args(["--wait", "--mode=immediate", "stop"]).output() {
            eprintln!("cannot stop Postgres: {error}");
        }
    }
}

/// The directory with `initdb`: of the newest Debian package, otherwise on the path.
fn find_binaries() -> PathBuf {
    let mut installed: Vec<_> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|version| Some(version.ok()?.path().join("bin")))
        .collect();
    installed.sort();
    let on_path = env::var_os("PATH").unwrap_or_default();
    let mut candidates = installed.into_iter().rev().chain(env::split_paths(&on_path));
    candidates
        .find(|directory| directory.join("initdb").exists())
        .expect("these tests need Postgres: initdb is neither under /usr/lib/postgresql nor on the PATH")
}

/// The user and group for Postgres, which refuses to run as root. `None` if this process is not root.
fn unprivileged_owner() -> Option<(u32, u32)> {
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        return None;
    }
    let users = fs::read_to_string(Path::new("/etc/passwd")).unwrap();
    let find = |name: &str| {
        let fields: Vec<_> =
            users.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|user| user[0] == name)?;
        Some((fields[2].parse().unwrap(), fields[3].parse().unwrap()))
    };
    Some(find("postgres").or_else(|| find("nobody")).expect("neither the user postgres nor nobody is there"))
}
