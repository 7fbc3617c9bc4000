//! A Laravel project's folder.

use std::path::{Path, PathBuf};

use crate::{
    broadcasting::{BroadcastConnection, Broadcasting},
    config_file::ConfigFile,
    credentials::CredentialChoice,
    echo::EchoSetup,
    environment::Environment,
    error::LaravelError,
};

/// The configuration of broadcasting in a project.
#[derive(Clone, Debug)]
pub struct Project {
    /// The path of the `.env` file as the caller gave it, or its name in the project's folder; nothing if there is
    /// none.
    pub env_file: Option<PathBuf>,
    /// The variables of the file and the process; the process wins.
    pub environment: Environment,
    /// The configuration of the backend.
    pub broadcasting: Broadcasting,
    /// The cached configuration of the backend, if `php artisan config:cache` was run. Laravel then uses it and does
    /// not read `.env`.
    pub cached: Option<Broadcasting>,
    /// The configuration of the page.
    pub echo: Option<EchoSetup>,
}

impl Project {
    /// Reads the project in a folder. Without `env_file`, the `.env` file is the one that Laravel reads, and it may be
    /// missing.
    ///
    /// # Errors
    /// When a file cannot be read, or `env_file` does not exist.
    pub fn read(
        root: &Path,
        env_file: Option<&Path>,
        process: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, LaravelError> {
        let process: Vec<_> = process.into_iter().collect();
        let name = env_file.map_or_else(|| env_file_name(root, process.iter().cloned()), Path::to_owned);
        let path = if env_file.is_some() { name.clone() } else { root.join(&name) };
        let (environment, is_there) = Environment::read(&path, process)?;
        if !is_there && env_file.is_some() {
            return Err(LaravelError::Read { path, error: std::io::ErrorKind::NotFound.into() });
        }
        let config = ConfigFile::read(&root.join("config/broadcasting.php"))?;
        let cache = ConfigFile::read(&root.join("bootstrap/cache/config.php"))?;
        Ok(Self {
            env_file: is_there.then_some(name),
            broadcasting: Broadcasting::new(config, &environment),
            cached: cache.as_ref().map(Broadcasting::cached),
            echo: EchoSetup::find(root)?,
            environment,
        })
    }

    /// The connection to examine: the one in use if it speaks the Pusher protocol. Otherwise the one whose credentials
    /// count, or else the first with a key, because a project may have no driver selected yet.
    #[must_use]
    pub fn pusher_connection(&self) -> Option<&BroadcastConnection> {
        let used = self.broadcasting.connection().filter(|connection| connection.speaks_pusher());
        let others = || self.broadcasting.connections.iter().filter(|connection| connection.speaks_pusher());
        let chosen = || {
            let choice = CredentialChoice::of(&self.environment)?;
            others().find(|connection| connection.credential_set() == choice.set)
        };
        let with_key = || others().find(|connection| connection.key.filled().is_some());
        used.or_else(chosen).or_else(with_key)
    }

    /// Why `connection` has the credentials that count; nothing unless the project has variables of two drivers and
    /// those of `connection` count.
    #[must_use]
    pub fn credential_choice(&self, connection: &BroadcastConnection) -> Option<CredentialChoice> {
        let choice = CredentialChoice::of(&self.environment).filter(CredentialChoice::is_between_two)?;
        (choice.set == connection.credential_set()).then_some(choice)
    }
}

/// The name of the `.env` file that Laravel reads in a folder. With `APP_ENV=production` in the process it is
/// `.env.production`, if that file exists.
pub fn env_file_name(root: &Path, process: impl IntoIterator<Item = (String, String)>) -> PathBuf {
    let environment = Environment::new([], process).env_text("APP_ENV");
    let own = environment.map(|environment| PathBuf::from(format!(".env.{environment}")));
    own.filter(|name| root.join(name).is_file()).unwrap_or_else(|| PathBuf::from(".env"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_may_have_a_file_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(".env"), "APP_ENV=local\nA=1").unwrap();
        let read = |environment: &str| {
            let process = [("APP_ENV".to_owned(), environment.to_owned())];
            let project = Project::read(folder.path(), None, process).unwrap();
            (project.env_file.unwrap(), project.environment.get("A").map(str::to_owned))
        };
        assert_eq!(read("production"), (".env".into(), Some("1".to_owned())));
        std::fs::write(folder.path().join(".env.production"), "A=2").unwrap();
        std::fs::write(folder.path().join(".env.local"), "A=3").unwrap();
        assert_eq!(read("production"), (".env.production".into(), Some("2".to_owned())));
        // An `APP_ENV` in the file itself does not change the choice of the file.
        assert_eq!(read(""), (".env".into(), Some("1".to_owned())));
    }
}
