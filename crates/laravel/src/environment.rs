//! The variables that the project sees.

use std::{collections::HashMap, env, path::Path};

use crate::{
    env_file::{self, InvalidEnvFile},
    error::LaravelError,
    source,
    value::Value,
};

/// Variables, and where each comes from.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    variables: HashMap<String, (String, Origin)>,
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
    /// Puts the variables of the process over those of the file, as Laravel does.
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
        Self { variables }
    }

    /// Reads an `.env` file; false: there is none, and only the variables of the process count.
    ///
    /// # Errors
    /// When it cannot be read, or has a line that is not `NAME=VALUE`.
    pub fn read(
        path: &Path,
        process: impl IntoIterator<Item = (String, String)>,
    ) -> Result<(Self, bool), LaravelError> {
        let bytes = source::read(path)?;
        let wrong = |problem: InvalidEnvFile| LaravelError::EnvFile { path: path.to_owned(), problem };
        let variables = bytes.as_deref().map(env_file::parse).transpose().map_err(wrong)?;
        let is_there = variables.is_some();
        Ok((Self::new(variables.unwrap_or_default(), process), is_there))
    }

    /// The value of a variable.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(|(value, _)| value.as_str())
    }

    /// The value of a variable, if it is set and not empty.
    #[must_use]
    pub fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
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

    /// What Laravel's `env('NAME')` returns: `true`, `(null)` and their like are not texts there.
    pub(crate) fn laravel(&self, name: &str) -> Option<Value> {
        let text = self.get(name)?;
        let value = match text.to_ascii_lowercase().as_str() {
            "true" | "(true)" => Value::Bool(true),
            "false" | "(false)" => Value::Bool(false),
            "null" | "(null)" => Value::Null,
            "empty" | "(empty)" => Value::Text(String::new()),
            _ => Value::Text(text.to_owned()),
        };
        Some(value)
    }

    /// The host of the page, out of `APP_URL`.
    #[must_use]
    pub fn page_host(&self) -> Option<&str> {
        let (_, rest) = self.filled("APP_URL")?.split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, _)) => host,
            None => authority.split(':').next().unwrap_or_default(),
        };
        Some(host).filter(|host| !host.is_empty())
    }
}
