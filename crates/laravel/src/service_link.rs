//! Variables that an orchestrator sets in a container for each neighbouring service, named after the service.

use crate::environment::Environment;

impl Environment {
    /// True for a variable that Kubernetes ("Discovering services") or a Docker link sets for a neighbouring service.
    /// For example, a service with the name `clairon-server` causes `CLAIRON_SERVER_PORT=tcp://10.0.0.7:6001`, which
    /// looks like a setting.
    #[must_use]
    pub fn is_service_link(&self, name: &str, value: &str) -> bool {
        is_of_port(name, value) || is_of_service(name) || self.is_of_link(name, value)
    }

    /// True for `X_NAME=/shop/x`, and for `X_ENV_V` with each variable `V` of that container.
    fn is_of_link(&self, name: &str, value: &str) -> bool {
        let is_link =
            |service: &str| self.get(&format!("{service}_NAME")).is_some_and(|value| is_alias(service, value));
        name.strip_suffix("_NAME").is_some_and(|service| is_alias(service, value))
            || name.match_indices("_ENV_").any(|(end, _)| is_link(&name[..end]))
    }
}

/// True for `X_PORT=tcp://10.0.0.7:6001`, `X_PORT_6001_TCP=tcp://10.0.0.7:6001`, and its parts such as
/// `X_PORT_6001_TCP_ADDR`.
fn is_of_port(name: &str, value: &str) -> bool {
    let is_part = |rest: &str| {
        let (port, rest) = rest.split_once('_').unwrap_or_default();
        let protocol = rest.split('_').next().unwrap_or_default();
        port.parse::<u16>().is_ok() && matches!(protocol, "TCP" | "UDP" | "SCTP")
    };
    let is_url = ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.starts_with(scheme));
    (name.ends_with("_PORT") && is_url)
        || name.match_indices("_PORT_").any(|(start, port)| is_part(&name[start + port.len()..]))
}

/// True for `X_SERVICE_HOST`, `X_SERVICE_PORT`, and named ports such as `X_SERVICE_PORT_HTTP`.
fn is_of_service(name: &str) -> bool {
    name.ends_with("_SERVICE_HOST") || name.ends_with("_SERVICE_PORT") || name.contains("_SERVICE_PORT_")
}

/// True if `value` is the path of a container whose alias gives `service` as the prefix of variables.
fn is_alias(service: &str, value: &str) -> bool {
    let alias = value.strip_prefix('/').and_then(|path| path.split_once('/')).map(|(_, alias)| alias);
    alias.is_some_and(|alias| alias.to_ascii_uppercase().replace('-', "_") == service)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_orchestrators_set_and_what_people_set() {
        let variables = [("CLAIRON_1_NAME", "/shop/clairon_1"), ("CLAIRON_2_NAME", "Shop")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let environment = Environment::new([], variables);
        for (name, value, expected) in [
            ("CLAIRON_PORT", "tcp://10.0.0.7:6001", true),
            ("CLAIRON_PORT", "6001", false),
            ("CLAIRON_SERVER_PORT", "udp://10.0.0.7:6001", true),
            ("CLAIRON_PORT_6001_TCP", "tcp://10.0.0.7:6001", true),
            ("CLAIRON_REDIS_PORT_6379_TCP_PROTO", "tcp", true),
            ("CLAIRON_PORT_6001_SCTP_PORT_START", "6001", true),
            ("CLAIRON_PORT_HTTP", "6001", false),
            ("CLAIRON_PORT_99999_TCP", "", false),
            ("CLAIRON_SERVICE_HOST", "10.0.0.7", true),
            ("CLAIRON_SERVER_SERVICE_PORT", "6001", true),
            ("CLAIRON_SERVICE_PORT_HTTP", "6001", true),
            ("CLAIRON_SERVICE", "x", false),
            ("CLAIRON_APP_NAME", "/shop/clairon-app", true),
            ("CLAIRON_APP_NAME", "/shop/other", false),
            ("CLAIRON_APP_NAME", "Shop", false),
            ("CLAIRON_1_ENV_PATH", "/bin", true),
            ("CLAIRON_2_ENV_PATH", "/bin", false),
            ("CLAIRON_ENV_FILE", ".env", false),
        ] {
            assert_eq!(environment.is_service_link(name, value), expected, "{name}={value}");
        }
    }
}
