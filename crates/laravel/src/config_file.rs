//! A PHP configuration file.

use std::path::{Path, PathBuf};

use crate::{
    environment::Environment,
    error::LaravelError,
    evaluate::Evaluator,
    expression::Expression,
    parser::returned_array,
    source,
    token::Language,
    value::{ConfigValue, Unread},
};

/// The array that a PHP file returns, read without running the file.
#[derive(Clone, Debug)]
pub struct ConfigFile {
    path: PathBuf,
    root: Expression,
}

/// The value of one setting in a configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfigSetting {
    /// The value, computed with the project's variables; `Null` if it is not set.
    pub value: ConfigValue,
    /// The variable that the value comes from, if any.
    pub variable: Option<String>,
}

impl ConfigFile {
    /// Reads a file; nothing if it does not exist.
    ///
    /// # Errors
    /// When the file cannot be read, or is larger than 4 MiB.
    pub fn read(path: &Path) -> Result<Option<Self>, LaravelError> {
        Ok(source::read_text(path)?.map(|source| Self::parse(path, &source)))
    }

    /// Parses `source` as the content of the file at `path`.
    #[must_use]
    pub fn parse(path: &Path, source: &str) -> Self {
        Self { path: path.to_owned(), root: returned_array(source) }
    }

    /// The path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The setting at a path of names, such as `["connections", "pusher", "key"]`.
    #[must_use]
    pub fn get(&self, names: &[&str], environment: &Environment) -> ConfigSetting {
        let found = names.iter().try_fold(&self.root, |expression, name| match expression {
            // The parts of an unreadable expression are unreadable too.
            Expression::Unread(_) => Some(expression),
            _ => expression.entry(name),
        });
        ConfigSetting::of(found, environment, Language::Php)
    }

    /// The names in the array at a path, in the file's order.
    #[must_use]
    pub fn names(&self, names: &[&str]) -> Vec<String> {
        let found = names.iter().try_fold(&self.root, |expression, name| expression.entry(name));
        let Some(Expression::Array(entries)) = found else { return Vec::new() };
        let name = |key: &Option<Expression>| match key {
            Some(Expression::Literal(value)) => value.text(),
            _ => None,
        };
        entries.iter().filter_map(|entry| name(&entry.key)).collect()
    }

    /// The reason if nothing in the file could be read.
    #[must_use]
    pub fn unread(&self) -> Option<&Unread> {
        match &self.root {
            Expression::Unread(unread) => Some(unread),
            _ => None,
        }
    }
}

impl ConfigSetting {
    pub(crate) fn of(expression: Option<&Expression>, environment: &Environment, language: Language) -> Self {
        let evaluator = Evaluator { environment, language };
        Self {
            value: expression.map_or(ConfigValue::Null, |expression| evaluator.evaluate(expression)),
            variable: expression.and_then(Expression::variable).map(str::to_owned),
        }
    }

    /// The value as text; nothing if it is empty or has no text.
    #[must_use]
    pub fn filled(&self) -> Option<String> {
        self.value.filled()
    }

    /// The variable that the value comes from, or else the conventional name.
    #[must_use]
    pub fn variable_or<'a>(&'a self, conventional: &'a str) -> &'a str {
        self.variable.as_deref().unwrap_or(conventional)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(source: &str) -> ConfigFile {
        ConfigFile::parse(Path::new("config/x.php"), source)
    }

    fn value(expression: &str, variables: &[(&str, &str)]) -> ConfigValue {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let environment = Environment::new(variables, []);
        config(&format!("<?php return ['x' => {expression}, 'after' => 1];")).get(&["x"], &environment).value
    }

    fn text(text: &str) -> ConfigValue {
        ConfigValue::Text(text.to_owned())
    }

    #[test]
    fn env_follows_laravel() {
        assert_eq!(value("env('A')", &[("A", "b")]), text("b"));
        assert_eq!(value("env('A', 'c')", &[]), text("c"));
        assert_eq!(value("env('A', 'c')", &[("A", "")]), text(""));
        assert_eq!(value("env('A', 'c')", &[("A", "null")]), ConfigValue::Null);
        assert_eq!(value("env('A') ?: 'c'", &[("A", "")]), text("c"));
        assert_eq!(value("\\env('A', env('B', 2))", &[]), ConfigValue::Integer(2));
        assert_eq!(value("Env::get('A')", &[("A", "(true)")]), ConfigValue::Bool(true));
        assert_eq!(value("(int) env('A', 443)", &[("A", "6001")]), ConfigValue::Integer(6001));
        assert_eq!(value("intval(env('A'))", &[("A", "6001")]), ConfigValue::Integer(6001));
    }

    #[test]
    fn operators() {
        assert_eq!(value("env('A', 'https') === 'https'", &[]), ConfigValue::Bool(true));
        assert_eq!(value("'api-'.env('A', 'mt1').'.pusher.com'", &[]), text("api-mt1.pusher.com"));
        assert_eq!(value("env('A') ?: 'api-' . env('B') . '.x'", &[("B", "eu")]), text("api-eu.x"));
        assert_eq!(value("env('A') ? 1 : 2", &[("A", "x")]), ConfigValue::Integer(1));
        assert_eq!(value("env('A') !== null && ! false", &[("A", "x")]), ConfigValue::Bool(true));
        assert_eq!(value("App\\Handler::class", &[]), text("App\\Handler"));
        assert_eq!(value("NULL ?? -1", &[]), ConfigValue::Integer(-1));
        assert_eq!(value("array('a', 7 => 'b', 'c')", &[]).items().count(), 3);
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_line() {
        let source = "<?php\nreturn [\n 'a' => storage_path('secret'),\n 'b' => [fn () => [1, 2], $c],\n 'd' => env('D', 1),\n];";
        let config = config(source);
        let get = |name| config.get(&[name], &Environment::default()).value;
        let unread = |line, what: &str| ConfigValue::Unread(Unread { line, what: what.to_owned() });
        assert_eq!(get("a"), unread(3, "a call of storage_path"));
        assert_eq!(
            get("b").items().cloned().collect::<Vec<_>>(),
            [unread(4, "code that begins with fn"), unread(4, "the variable $c")]
        );
        assert_eq!(get("d"), ConfigValue::Integer(1));
        let deep = format!("<?php return ['x' => {}1{}, 'y' => 2];", "[".repeat(100), "]".repeat(100));
        assert!(
            ConfigFile::parse(Path::new("x"), &deep).get(&["y"], &Environment::default()).value
                == ConfigValue::Integer(2)
        );
        let long = format!("<?php return ['x' => 1{}];", " . 1".repeat(100));
        let value = ConfigFile::parse(Path::new("x"), &long).get(&["x"], &Environment::default()).value;
        assert_eq!(value, unread(1, "an expression with too many operators"));
        assert_eq!(ConfigFile::parse(Path::new("x"), "no PHP").unread().unwrap().what, "a file that returns nothing");
    }
}
