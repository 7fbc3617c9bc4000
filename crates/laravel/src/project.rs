//! A project's folder.

use std::path::{Path, PathBuf};

use crate::{
    broadcasting::Broadcasting, config_file::ConfigFile, echo::EchoSetup, environment::Environment, error::LaravelError,
};

/// What a project says about broadcasting.
#[derive(Clone, Debug)]
pub struct Project {
    /// The `.env` file, if there is one, as it was named or `.env`.
    pub env_file: Option<PathBuf>,
    /// Its variables under those of the process.
    pub environment: Environment,
    /// How Laravel reaches the server.
    pub broadcasting: Broadcasting,
    /// How Laravel reaches it in truth, where `php artisan config:cache` has been run: `.env` is not read any more
    /// then.
    pub cached: Option<Broadcasting>,
    /// How the page reaches the server.
    pub echo: Option<EchoSetup>,
}

impl Project {
    /// Reads the project in a folder. Without `env_file` it is the folder's `.env`, which may be missing.
    ///
    /// # Errors
    /// Names the file that cannot be read. A named `.env` file must be there.
    pub fn read(
        root: &Path,
        env_file: Option<&Path>,
        process: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, LaravelError> {
        let path = env_file.map_or_else(|| root.join(".env"), Path::to_owned);
        let (environment, is_there) = Environment::read(&path, process)?;
        if !is_there && env_file.is_some() {
            return Err(LaravelError::Read { path, error: std::io::ErrorKind::NotFound.into() });
        }
        let config = ConfigFile::read(&root.join("config/broadcasting.php"))?;
        let cache = ConfigFile::read(&root.join("bootstrap/cache/config.php"))?;
        Ok(Self {
            env_file: is_there.then(|| env_file.unwrap_or(Path::new(".env")).to_owned()),
            broadcasting: Broadcasting::new(config, &environment),
            cached: cache.as_ref().map(Broadcasting::cached),
            echo: EchoSetup::find(root)?,
            environment,
        })
    }
}
