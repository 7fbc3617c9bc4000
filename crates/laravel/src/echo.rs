//! The configuration of the page: the options of Laravel Echo.

use std::path::{Path, PathBuf};

use crate::{
    config_file::ConfigSetting,
    environment::Environment,
    error::LaravelError,
    expression::Expression,
    parser::{echo_call, script_object},
    source,
    token::Language,
    value::Unread,
};

/// The folders in which Laravel's scaffolding sets Echo up, now and in older versions.
const FOLDERS: [&str; 2] = ["resources/js", "resources/assets/js"];
const NAMES: [&str; 3] = ["echo", "bootstrap", "app"];
const EXTENSIONS: [&str; 4] = ["js", "ts", "jsx", "tsx"];

/// The defaults of `configureEcho` by broadcaster (`@laravel/echo-react` and `@laravel/echo-vue`).
const PRESETS: &str = "{
    reverb: {
        key: import.meta.env.VITE_REVERB_APP_KEY,
        wsHost: import.meta.env.VITE_REVERB_HOST,
        wsPort: import.meta.env.VITE_REVERB_PORT,
        wssPort: import.meta.env.VITE_REVERB_PORT,
        forceTLS: (import.meta.env.VITE_REVERB_SCHEME ?? 'https') === 'https',
        enabledTransports: ['ws', 'wss'],
    },
    pusher: {
        key: import.meta.env.VITE_PUSHER_APP_KEY,
        cluster: import.meta.env.VITE_PUSHER_APP_CLUSTER,
        forceTLS: true,
        wsHost: import.meta.env.VITE_PUSHER_HOST,
        wsPort: import.meta.env.VITE_PUSHER_PORT,
        wssPort: import.meta.env.VITE_PUSHER_PORT,
        enabledTransports: ['ws', 'wss'],
    },
}";

/// The two forms of the call that sets Echo up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EchoForm {
    /// `window.Echo = new Echo({…})`
    New,
    /// `configureEcho({…})`, which has defaults for missing options.
    Configure,
}

/// The call that sets Echo up.
#[derive(Clone, Debug)]
pub struct EchoSetup {
    /// The file with the call, relative to the project's folder.
    pub file: PathBuf,
    /// The line of the call, from 1.
    pub line: u32,
    /// The form of the call.
    pub form: EchoForm,
    options: Expression,
    preset: Option<Expression>,
}

impl EchoSetup {
    /// Looks for the call in the usual files; nothing if there is none.
    ///
    /// # Errors
    /// When a file cannot be read, or is larger than 4 MiB.
    pub fn find(root: &Path) -> Result<Option<Self>, LaravelError> {
        let paths = FOLDERS.iter().flat_map(|folder| {
            NAMES.iter().flat_map(move |name| {
                EXTENSIONS.iter().map(move |extension| PathBuf::from(format!("{folder}/{name}.{extension}")))
            })
        });
        for path in paths {
            let source = source::read_text(&root.join(&path))?;
            if let Some(setup) = source.and_then(|source| Self::parse(&path, &source)) {
                return Ok(Some(setup));
            }
        }
        Ok(None)
    }

    /// The last call in a text, if there is one.
    #[must_use]
    pub fn parse(file: &Path, source: &str) -> Option<Self> {
        let call = echo_call(source)?;
        let form = if call.function == "new Echo" { EchoForm::New } else { EchoForm::Configure };
        let broadcaster = call.options.entry("broadcaster").and_then(|expression| match expression {
            Expression::Literal(value) => value.text(),
            _ => None,
        });
        let presets = (form == EchoForm::Configure).then(|| script_object(PRESETS));
        let preset = presets.and_then(|presets| presets.entry(broadcaster?.as_str()).cloned());
        Some(Self { file: file.to_owned(), line: call.line, form, options: call.options, preset })
    }

    /// The value of an option.
    #[must_use]
    pub fn get(&self, option: &str, environment: &Environment) -> ConfigSetting {
        let own = match &self.options {
            unread @ Expression::Unread(_) => Some(unread),
            options => options.entry(option),
        };
        let expression = own.or_else(|| self.preset.as_ref()?.entry(option));
        ConfigSetting::of(expression, environment, Language::Script)
    }

    /// The reason if the options could not be read, or some of them come from other code.
    #[must_use]
    pub fn unread(&self) -> Option<&Unread> {
        match &self.options {
            Expression::Unread(unread) => Some(unread),
            Expression::Array(entries) => entries.iter().find_map(|entry| match (&entry.key, &entry.value) {
                (None, Expression::Unread(unread)) => Some(unread),
                _ => None,
            }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::ConfigValue;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment::new(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())), [])
    }

    fn get(source: &str, option: &str) -> ConfigValue {
        let variables =
            [("VITE_PUSHER_HOST", "ws.test"), ("APP_URL", "https://site.test:8080/x"), ("MIX_KEY", "mixed")];
        EchoSetup::parse(Path::new("echo.js"), source).unwrap().get(option, &environment(&variables)).value
    }

    fn text(text: &str) -> ConfigValue {
        ConfigValue::Text(text.to_owned())
    }

    #[test]
    fn both_forms() {
        let source = "// window.Echo = new Echo({ key: 'old' })\nimport Echo from 'laravel-echo';\n\n\
                      window.Echo = new Echo({\n broadcaster: 'pusher', key: \"k\",\n});";
        let setup = EchoSetup::parse(Path::new("echo.js"), source).unwrap();
        assert_eq!((setup.form, setup.line), (EchoForm::New, 4));
        assert_eq!(get(source, "key"), text("k"));
        assert_eq!(get(source, "wsHost"), ConfigValue::Null);
        let source = "configureEcho<'pusher'>({ broadcaster: 'pusher', wsPort: 6001 })";
        assert_eq!(EchoSetup::parse(Path::new("app.tsx"), source).unwrap().form, EchoForm::Configure);
        assert_eq!(get(source, "wsHost"), text("ws.test"));
        assert_eq!(get(source, "wsPort"), ConfigValue::Integer(6001));
        assert_eq!(get(source, "forceTLS"), ConfigValue::Bool(true));
        assert!(EchoSetup::parse(Path::new("app.js"), "import Echo from 'laravel-echo'").is_none());
    }

    #[test]
    fn options_are_read_as_far_as_text_allows() {
        let source = "const port = import.meta.env.VITE_PORT ?? 6001;\nconst k = process.env.MIX_KEY\n\
            export const echo = new Echo({ ...shared, key: k, wsHost: window.location.hostname, wsPort: port,\n\
            wssPort: Number(import.meta.env['VITE_PORT'] || '443'), forceTLS: (import.meta.env.VITE_S ?? 'https') === 'https',\n\
            authorizer(channel) { return {} }, auth: { headers: { a: token } }, httpHost: import.meta.env.SECRET as string,\n\
            enabledTransports: ['ws', 'wss'], });";
        assert_eq!(get(source, "key"), text("mixed"));
        assert_eq!(get(source, "wsHost"), text("site.test"));
        assert_eq!(get(source, "wsPort"), ConfigValue::Integer(6001));
        assert_eq!(get(source, "wssPort"), ConfigValue::Integer(443));
        assert_eq!(get(source, "forceTLS"), ConfigValue::Bool(true));
        assert_eq!(get(source, "httpHost"), ConfigValue::Null);
        assert_eq!(get(source, "enabledTransports").items().count(), 2);
        let setup = EchoSetup::parse(Path::new("echo.js"), source).unwrap();
        assert_eq!(setup.unread().unwrap().line, 3);
        let authorizer = get(source, "authorizer");
        assert_eq!(authorizer.unread().unwrap().line, 5, "{authorizer:?}");
        assert!(EchoSetup::parse(Path::new("echo.js"), "new Echo(options)").unwrap().unread().is_some());
    }
}
