//! A private Postgres server.

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
    sync::{Arc, LazyLock, Weak},
};

use parking_lot::Mutex;
use tempfile::TempDir;

/// It listens only on a socket in its own directory. On drop it is stopped and its files are removed.
pub(crate) struct PostgresServer {
    directory: TempDir,
    binaries: PathBuf,
    owner: Option<(u32, u32)>,
}

impl PostgresServer {
    /// The server that all running tests share. The first test starts it and the last stops it.
    pub(crate) fn shared() -> Arc<Self> {
        static RUNNING: LazyLock<Mutex<Weak<PostgresServer>>> = LazyLock::new(Mutex::default);
        let mut running = RUNNING.lock();
        running.upgrade().unwrap_or_else(|| {
            let server = Arc::new(Self::start());
            *running = Arc::downgrade(&server);
            server
        })
    }

    /// The URL of one of its databases.
    pub(crate) fn url(&self, database: &str) -> String {
        let socket = self.directory.path().display().to_string().replace('/', "%2F");
        format!("postgres://clairon@{socket}/{database}")
    }

    fn start() -> Self {
        let server =
            Self { directory: TempDir::new().unwrap(), binaries: find_binaries(), owner: unprivileged_owner() };
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
        let output = self.command(program).args(arguments).output().unwrap();
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
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

impl Drop for PostgresServer {
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
