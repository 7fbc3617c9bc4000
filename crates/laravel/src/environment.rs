//! The variables of a project.

use std::{collections::HashMap, env, path::Path};

use crate::{
    env_file::{EnvFile, InvalidEnvFile, LostLines},
    env_function,
    error::LaravelError,
    source,
    value::ConfigValue,
};

/// Variables with their origins.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    variables: HashMap<String, (String, VariableOrigin)>,
    lost: Vec<LostLines>,
}

/// The origin of a variable's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VariableOrigin {
    /// The `.env` file.
    File,
    /// The environment of the process. The file does not have the variable, or has the same value.
    Process,
    /// The environment of the process. The file has another value, which Laravel ignores.
    ProcessOverFile,
}

/// The variables of this process whose names and values are UTF-8.
pub fn process_variables() -> impl Iterator<Item = (String, String)> {
    env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

impl Environment {
    /// Merges the variables of a file and of the process. The process wins, as in Laravel.
    #[must_use]
    pub fn new(
        file: impl IntoIterator<Item = (String, String)>,
        process: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        let mut variables: HashMap<String, (String, VariableOrigin)> =
            file.into_iter().map(|(name, value)| (name, (value, VariableOrigin::File))).collect();
        for (name, value) in process {
            let origin = match variables.get(&name) {
                Some((other, _)) if *other != value => VariableOrigin::ProcessOverFile,
                _ => VariableOrigin::Process,
            };
            variables.insert(name, (value, origin));
        }
        Self { variables, lost: Vec::new() }
    }

    /// Parses the content of an `.env` file and merges the variables of the process.
    ///
    /// # Errors
    /// When Laravel refuses it, or its values are too long.
    pub fn parse(file: &[u8], process: impl IntoIterator<Item = (String, String)>) -> Result<Self, InvalidEnvFile> {
        let process = process.into_iter().collect();
        let file = EnvFile::parse(file)?;
        Ok(Self { lost: file.lost().to_vec(), ..Self::new(file.load(&process)?, process) })
    }

    /// Reads an `.env` file and merges the variables of the process. The second value is false if the file does not
    /// exist.
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

    /// Lines of the file that Laravel ignores without an error.
    #[must_use]
    pub fn lost(&self) -> &[LostLines] {
        &self.lost
    }

    /// The text of a variable, without the conversions of Laravel's `env()`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(|(value, _)| value.as_str())
    }

    /// The text of a variable; nothing if it is empty.
    #[must_use]
    pub fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// The value that Laravel's `env('NAME')` returns. It converts texts such as `true` and `(null)`.
    #[must_use]
    pub fn env(&self, name: &str) -> Option<ConfigValue> {
        self.get(name).map(env_function::env)
    }

    /// The value of `env('NAME')` as a string, as the Pusher library uses it; nothing if the string is empty, as for
    /// `null` and `false`.
    #[must_use]
    pub fn env_text(&self, name: &str) -> Option<String> {
        self.env(name)?.filled()
    }

    /// The origin of a variable's value.
    #[must_use]
    pub fn origin(&self, name: &str) -> Option<VariableOrigin> {
        self.variables.get(name).map(|(_, origin)| *origin)
    }

    /// All variables, sorted by name.
    #[must_use]
    pub fn variables(&self) -> Vec<(&str, &str)> {
        let mut all: Vec<_> = self.variables.iter().map(|(name, (value, _))| (name.as_str(), value.as_str())).collect();
        all.sort_unstable();
        all
    }

    /// The host in `APP_URL`.
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
