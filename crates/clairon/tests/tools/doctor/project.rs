//! A Laravel project in its own folder, with the files that the doctor reads.

use std::fs;
use std::process::{Command, Stdio};

use clairon_tests::app::App;
use clairon_tests::server::{Server, binary};
use tempfile::TempDir;

use super::examination::Examination;

pub(crate) const ECHO: &str = "\
import Echo from 'laravel-echo';
import Pusher from 'pusher-js';

window.Pusher = Pusher;
window.Echo = new Echo({
    broadcaster: 'pusher',
    key: import.meta.env.VITE_PUSHER_APP_KEY,
    cluster: import.meta.env.VITE_PUSHER_APP_CLUSTER,
    wsHost: import.meta.env.VITE_PUSHER_HOST,
    wsPort: import.meta.env.VITE_PUSHER_PORT,
    wssPort: import.meta.env.VITE_PUSHER_PORT,
    forceTLS: import.meta.env.VITE_PUSHER_SCHEME === 'https',
    enabledTransports: ['ws', 'wss'],
});
";

/// A project that is right for its server until a test changes it.
pub(crate) struct Project {
    folder: TempDir,
    variables: Vec<(String, String)>,
    arguments: Vec<String>,
    in_container: bool,
    environment: Vec<(String, String)>,
    clock: Option<&'static str>,
}

impl Project {
    /// A project for the server's first app.
    pub(crate) fn of(server: &Server) -> Self {
        Self::new(server.app(), server.port())
    }

    pub(crate) fn new(app: &App, port: u16) -> Self {
        let port = port.to_string();
        let variables = [
            ("APP_URL", "http://localhost"),
            ("BROADCAST_CONNECTION", "pusher"),
            ("PUSHER_APP_ID", &app.id),
            ("PUSHER_APP_KEY", &app.key),
            ("PUSHER_APP_SECRET", &app.secret),
            ("PUSHER_HOST", "127.0.0.1"),
            ("PUSHER_PORT", &port),
            ("PUSHER_SCHEME", "http"),
            ("PUSHER_APP_CLUSTER", "mt1"),
            ("VITE_PUSHER_APP_KEY", "\"${PUSHER_APP_KEY}\""),
            ("VITE_PUSHER_HOST", "\"${PUSHER_HOST}\""),
            ("VITE_PUSHER_PORT", "\"${PUSHER_PORT}\""),
            ("VITE_PUSHER_SCHEME", "\"${PUSHER_SCHEME}\""),
            ("VITE_PUSHER_APP_CLUSTER", "\"${PUSHER_APP_CLUSTER}\""),
        ];
        let project = Self {
            folder: tempfile::tempdir().unwrap(),
            variables: variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            arguments: Vec::new(),
            in_container: false,
            environment: Vec::new(),
            clock: None,
        };
        project.file("resources/js/echo.js", ECHO)
    }

    /// Sets a variable in `.env`. An existing one is replaced.
    pub(crate) fn set(mut self, name: &str, value: impl Into<String>) -> Self {
        let value = value.into();
        match self.variables.iter_mut().find(|(known, _)| known == name) {
            Some(variable) => variable.1 = value,
            None => self.variables.push((name.to_owned(), value)),
        }
        self
    }

    pub(crate) fn unset(mut self, name: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self
    }

    /// Renames all variables that begin with `PUSHER_` and `VITE_PUSHER_`.
    pub(crate) fn rename(mut self, name: &str) -> Self {
        for (known, value) in &mut self.variables {
            *known = known.replace("PUSHER_", name);
            *value = value.replace("PUSHER_", name);
        }
        self
    }

    pub(crate) fn file(self, path: &str, content: &str) -> Self {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    pub(crate) fn argument(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    pub(crate) fn in_container(mut self) -> Self {
        self.in_container = true;
        self
    }

    /// A variable of the process, such as `SSL_CERT_FILE`.
    pub(crate) fn environment(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// The machine's clock, in the format of `faketime`.
    pub(crate) fn clock(mut self, offset: &'static str) -> Self {
        self.clock = Some(offset);
        self
    }

    pub(crate) fn examine(self) -> Examination {
        Examination::new(self.argument("--json").run())
    }

    /// Runs the command and returns its output and exit code.
    pub(crate) fn run(self) -> std::process::Output {
        let lines: Vec<String> = self.variables.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
        fs::write(self.folder.path().join(".env"), lines.concat()).unwrap();
        let mut command = match self.clock {
            Some(offset) => {
                let mut command = Command::new("/usr/bin/faketime");
                command.args(["-f", offset]).arg(binary());
                command
            }
            None => Command::new(binary()),
        };
        command
            .args(["doctor", if self.in_container { "--container=yes" } else { "--container=no" }])
            .args(&self.arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .envs(self.environment)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }
}
