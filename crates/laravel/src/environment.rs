//! The variables that the project sees.

use std::{collections::HashMap, env, path::Path};

use crate::{
    env_file::{EnvFile, InvalidEnvFile, LostLines},
    env_function,
    error::LaravelError,
    source,
    value::Value,
};

/// Variables, and where each comes from.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    variables: HashMap<String, (String, Origin)>,
    lost: Vec<LostLines>,
}

/// Where a variable's value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The `.env` file.
    File,
    /// The environment of the process, which has none in the file or the same.
    Process,
    /// The environment of the process; the file has another value, which Laravel never sees.
    ProcessOverFile,
}

/// The variables of this process that are text.
pub fn process_variables() -> impl Iterator<Item = (String, String)> {
    env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

impl Environment {
    /// Puts the variables of the process over those of a file, as Laravel does.
    #[must_use]
    pub fn new(
        file: impl IntoIterator<Item = (String, String)>,
        process: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        let mut variables: HashMap<String, (String, Origin)> =
            file.into_iter().map(|(name, value)| (name, (value, Origin::File))).collect();
        for (name, value) in process {
            let origin = match variables.get(&name) {
                Some((other, _)) if *other != value => Origin::ProcessOverFile,
                _ => Origin::Process,
            };
            variables.insert(name, (value, origin));
        }
        Self { variables, lost: Vec::new() }
    }

    /// Reads the text of an `.env` file.
    ///
    /// # Errors
    /// When Laravel refuses it, or its values are too long.
    pub fn parse(file: &[u8], process: impl IntoIterator<Item = (String, String)>) -> Result<Self, InvalidEnvFile> {
        let process = process.into_iter().collect();
        let file = EnvFile::parse(file)?;
        Ok(Self { lost: file.lost().to_vec(), ..Self::new(file.load(&process)?, process) })
    }

    /// Reads an `.env` file; false: there is none, and only the variables of the process count.
    ///
    /// # Errors
    /// When it cannot be read, Laravel refuses it, or its values are too long.
    pub fn read(
        path: &Path,
        process: impl IntoIterator<Item = (String, String)>,
    ) -> Result<(Self, bool), LaravelError> {
        let bytes = source::read(path)?;
        let environment = Self::parse(bytes.as_deref().unwrap_or_default(), process);
        let environment = environment.map_err(|problem| LaravelError::EnvFile { path: path.to_owned(), problem })?;
        Ok((environment, bytes.is_some()))
    }

    /// Lines of the file that Laravel passes over without a word.
    #[must_use]
    pub fn lost(&self) -> &[LostLines] {
        &self.lost
    }

    /// The text of a variable, as programs see it that are not Laravel.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(|(value, _)| value.as_str())
    }

    /// That text, if it is not empty.
    #[must_use]
    pub fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// What Laravel's `env('NAME')` returns: `true`, `(null)` and their like are no texts there.
    #[must_use]
    pub fn env(&self, name: &str) -> Option<Value> {
        self.get(name).map(env_function::env)
    }

    /// The string that `env('NAME')` comes to where a string is needed, as in the Pusher library; nothing where that is
    /// empty, as it is for `null` and `false`.
    #[must_use]
    pub fn env_text(&self, name: &str) -> Option<String> {
        self.env(name)?.filled()
    }

    /// Where a variable's value comes from.
    #[must_use]
    pub fn origin(&self, name: &str) -> Option<Origin> {
        self.variables.get(name).map(|(_, origin)| *origin)
    }

    /// All variables, in the order of their names.
    #[must_use]
    pub fn variables(&self) -> Vec<(&str, &str)> {
        let mut all: Vec<_> = self.variables.iter().map(|(name, (value, _))| (name.as_str(), value.as_str())).collect();
        all.sort_unstable();
        all
    }

    /// The host of the page, out of `APP_URL`.
    #[must_use]
    pub fn page_host(&self) -> Option<String> {
        let url = self.env_text("APP_URL")?;
        let (_, rest) = url.split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, _)) => host,
            None => authority.split(':').next().unwrap_or_default(),
        };
        Some(host).filter(|host| !host.is_empty()).map(str::to_owned)
    }
}
