//! The address and key that pusher-js connects with.

use clairon_client::Endpoint;
use clairon_laravel::{
    AddressError, BroadcastConnection, ConfigSetting, ConfigValue, CredentialSet, EchoSetup, Project, check_host,
    read_port,
};

/// The connection settings of the page.
#[derive(Debug)]
pub(crate) struct Page {
    /// The prefix of the bundler's variables: `VITE`, or `MIX` in older projects.
    pub(crate) bundler: &'static str,
    pub(crate) key: ConfigSetting,
    /// The address, or why it is not known.
    pub(crate) endpoint: Result<Endpoint, AddressError>,
    /// True if the site uses https. pusher-js then uses TLS with any options.
    pub(crate) is_https: bool,
    /// True if the options allow connections without TLS.
    pub(crate) allows_plain: bool,
}

impl Page {
    /// Reads Echo's options; without them the variables that they read by convention; without those the backend's
    /// address.
    pub(super) fn of(project: &Project, connection: Option<&BroadcastConnection>, backend: Option<&Endpoint>) -> Self {
        let names = connection.map_or(CredentialSet::Pusher, BroadcastConnection::credential_set).prefix();
        let variables = project.environment.variables();
        let has = |bundler: &str| variables.iter().any(|(name, _)| name.starts_with(&format!("{bundler}_{names}_")));
        let bundler = if has("MIX") && !has("VITE") { "MIX" } else { "VITE" };
        let is_https = project.environment.env_text("APP_URL").is_some_and(|url| url.starts_with("https://"));
        let custom;
        let echo = if let Some(echo) = &project.echo {
            Some(echo)
        } else {
            custom = has(bundler).then(|| by_custom(bundler, names)).flatten();
            custom.as_ref()
        };
        let get = |option: &str| echo.map_or_else(nothing, |echo| echo.get(option, &project.environment));
        let allows_plain = get("forceTLS").value == ConfigValue::Bool(false);
        let endpoint = match (echo, backend) {
            (Some(_), _) => endpoint(&get, is_https || !allows_plain, &format!("{bundler}_{names}")),
            (None, Some(backend)) => Ok(backend.clone()),
            (None, None) => Err(AddressError::Missing),
        };
        Self { bundler, key: get("key"), endpoint, is_https, allows_plain }
    }
}

fn nothing() -> ConfigSetting {
    ConfigSetting { value: ConfigValue::Null, variable: None }
}

/// Echo's options as in Laravel's documentation.
fn by_custom(bundler: &str, names: &str) -> Option<EchoSetup> {
    let variable = |name: &str| format!("import.meta.env.{bundler}_{names}_{name}");
    let [key, cluster, host, port, scheme] = ["APP_KEY", "APP_CLUSTER", "HOST", "PORT", "SCHEME"].map(variable);
    let source = format!(
        "new Echo({{ key: {key}, cluster: {cluster}, wsHost: {host}, wsPort: {port}, wssPort: {port}, \
         forceTLS: ({scheme} ?? 'https') === 'https' }})"
    );
    EchoSetup::parse(std::path::Path::new(".env"), &source)
}

/// The address by the rules of pusher-js 8.
fn endpoint(get: &dyn Fn(&str) -> ConfigSetting, tls: bool, variables: &str) -> Result<Endpoint, AddressError> {
    let port_option = if tls { "wssPort" } else { "wsPort" };
    for option in ["wsHost", port_option, "wsPath", "forceTLS"] {
        if let Some(unread) = get(option).value.unread() {
            let (line, what) = (unread.line, &unread.what);
            let why = format!(
                "Echo's {option} (line {line}) is {what}, which only the page can compute; name the server with --url"
            );
            return Err(AddressError::Unread(why));
        }
    }
    let host = get("wsHost");
    let host_name = host.variable_or(&format!("{variables}_HOST")).to_owned();
    let cluster = get("cluster").filled().unwrap_or_else(|| "mt1".to_owned());
    let host = host.filled().unwrap_or_else(|| format!("ws-{cluster}.pusher.com"));
    check_host(&host_name, &host)?;
    let port = read_port(&get(port_option), &format!("{variables}_PORT"), tls)?;
    Ok(Endpoint::new(&host, port, tls, &get("wsPath").filled().unwrap_or_default()))
}
