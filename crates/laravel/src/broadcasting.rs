//! The configuration of Laravel's backend: `config/broadcasting.php`.

use std::path::Path;

use clairon_protocol::{AppCredentials, AppId, AppKey, Secret};

use crate::{
    config_file::{ConfigFile, ConfigSetting},
    credentials::CredentialSet,
    environment::Environment,
};

/// The file that Laravel 11 and newer uses in a project without its own.
const BUILT_IN: &str = "<?php return [
    'default' => env('BROADCAST_CONNECTION', 'null'),
    'connections' => [
        'reverb' => [
            'driver' => 'reverb',
            'key' => env('REVERB_APP_KEY'),
            'secret' => env('REVERB_APP_SECRET'),
            'app_id' => env('REVERB_APP_ID'),
            'options' => [
                'host' => env('REVERB_HOST'),
                'port' => env('REVERB_PORT', 443),
                'scheme' => env('REVERB_SCHEME', 'https'),
                'useTLS' => env('REVERB_SCHEME', 'https') === 'https',
            ],
        ],
        'pusher' => [
            'driver' => 'pusher',
            'key' => env('PUSHER_APP_KEY'),
            'secret' => env('PUSHER_APP_SECRET'),
            'app_id' => env('PUSHER_APP_ID'),
            'options' => [
                'cluster' => env('PUSHER_APP_CLUSTER'),
                'host' => env('PUSHER_HOST') ?: 'api-'.env('PUSHER_APP_CLUSTER', 'mt1').'.pusher.com',
                'port' => env('PUSHER_PORT', 443),
                'scheme' => env('PUSHER_SCHEME', 'https'),
                'useTLS' => env('PUSHER_SCHEME', 'https') === 'https',
            ],
        ],
        'ably' => ['driver' => 'ably', 'key' => env('ABLY_KEY')],
        'log' => ['driver' => 'log'],
        'null' => ['driver' => 'null'],
    ],
];";

/// The configuration of broadcasting.
#[derive(Clone, Debug)]
pub struct Broadcasting {
    /// The file, if the project has one. Without it Laravel's defaults apply.
    pub file: Option<ConfigFile>,
    /// The name of the connection in use.
    pub default: ConfigSetting,
    /// All configured connections, in the file's order.
    pub connections: Vec<BroadcastConnection>,
}

/// A broadcasting connection, of the Pusher protocol or any other.
#[derive(Clone, Debug, PartialEq)]
pub struct BroadcastConnection {
    /// The key in the array `connections`.
    pub name: String,
    /// The driver: `pusher`, `reverb`, `log`, …
    pub driver: ConfigSetting,
    /// The app's id.
    pub app_id: ConfigSetting,
    /// The app's key.
    pub key: ConfigSetting,
    /// The app's secret.
    pub secret: ConfigSetting,
    /// The server's host.
    pub host: ConfigSetting,
    /// The server's port.
    pub port: ConfigSetting,
    /// `http` or `https`.
    pub scheme: ConfigSetting,
    /// Whether to use TLS, if neither scheme nor port is set.
    pub use_tls: ConfigSetting,
    /// The cluster of hosted Pusher, which determines the host if none is set.
    pub cluster: ConfigSetting,
    /// The prefix of the server's paths.
    pub path: ConfigSetting,
}

impl BroadcastConnection {
    /// The app's credentials; nothing when one is missing or malformed.
    #[must_use]
    pub fn credentials(&self) -> Option<AppCredentials> {
        Some(AppCredentials {
            id: AppId::parse(&self.app_id.filled()?).ok()?,
            key: AppKey::parse(&self.key.filled()?).ok()?,
            secret: Secret::parse(&self.secret.filled()?).ok()?,
        })
    }

    /// The set of variables that configures this connection by convention.
    #[must_use]
    pub fn credential_set(&self) -> CredentialSet {
        if self.driver.filled().as_deref() == Some("reverb") { CredentialSet::Reverb } else { CredentialSet::Pusher }
    }

    /// True for the drivers that send events by the Pusher protocol.
    #[must_use]
    pub fn speaks_pusher(&self) -> bool {
        matches!(self.driver.filled().as_deref(), Some("pusher" | "reverb"))
    }
}

impl Broadcasting {
    /// Reads a project's `config/broadcasting.php`, or Laravel's defaults without a file.
    #[must_use]
    pub fn new(file: Option<ConfigFile>, environment: &Environment) -> Self {
        let built_in = || ConfigFile::parse(Path::new("config/broadcasting.php"), BUILT_IN);
        let config = file.clone().unwrap_or_else(built_in);
        Self::within(&config, &[], file, environment)
    }

    /// Reads the cached configuration, an array of all files of `config/` by name.
    #[must_use]
    pub fn cached(cache: &ConfigFile) -> Self {
        Self::within(cache, &["broadcasting"], Some(cache.clone()), &Environment::default())
    }

    fn within(config: &ConfigFile, at: &[&str], file: Option<ConfigFile>, environment: &Environment) -> Self {
        let get = |names: &[&str]| config.get(&[at, names].concat(), environment);
        let default = get(&["default"]);
        let connection = |name: String| {
            let setting = |name_of: &str| get(&["connections", &name, name_of]);
            let option = |name_of: &str| get(&["connections", &name, "options", name_of]);
            BroadcastConnection {
                driver: setting("driver"),
                app_id: setting("app_id"),
                key: setting("key"),
                secret: setting("secret"),
                host: option("host"),
                port: option("port"),
                scheme: option("scheme"),
                use_tls: option("useTLS"),
                cluster: option("cluster"),
                path: option("path"),
                name: name.clone(),
            }
        };
        let names = config.names(&[at, &["connections"]].concat());
        Self { file, default, connections: names.into_iter().map(connection).collect() }
    }

    /// The connection in use; nothing if it is not configured.
    #[must_use]
    pub fn connection(&self) -> Option<&BroadcastConnection> {
        // A `BROADCAST_CONNECTION` of `null` means the connection with the name "null".
        let name = self.default.filled().unwrap_or_else(|| "null".to_owned());
        self.connections.iter().find(|connection| connection.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::ConfigValue;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment::new(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())), [])
    }

    #[test]
    fn without_a_file_laravels_defaults_count() {
        let environment = environment(&[("BROADCAST_CONNECTION", "pusher"), ("PUSHER_APP_CLUSTER", "eu")]);
        let connection = Broadcasting::new(None, &environment).connection().unwrap().clone();
        assert_eq!(connection.host.filled().as_deref(), Some("api-eu.pusher.com"));
        assert_eq!(connection.host.variable.as_deref(), Some("PUSHER_HOST"));
        assert_eq!(connection.port.value, ConfigValue::Integer(443));
        assert_eq!(
            connection.key,
            ConfigSetting { value: ConfigValue::Null, variable: Some("PUSHER_APP_KEY".to_owned()) }
        );
    }

    #[test]
    fn a_cached_configuration_is_read_as_it_is_written() {
        let source = "<?php return array (\n 'broadcasting' => \n array (\n 'default' => 'pusher', 'connections' => \n array (\
                      'pusher' => \n array ('key' => 'k', 'options' => array ('port' => '6001', 'useTLS' => false, ), ), ), ), );";
        let cached = Broadcasting::cached(&ConfigFile::parse(Path::new("config.php"), source));
        let connection = cached.connection().unwrap().clone();
        assert_eq!(connection.key.filled().as_deref(), Some("k"));
        assert_eq!(
            (connection.port.value, connection.use_tls.value),
            (ConfigValue::Text("6001".into()), ConfigValue::Bool(false))
        );
    }
}
