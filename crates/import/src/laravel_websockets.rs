//! Reads `config/websockets.php` of `beyondcode/laravel-websockets`, versions 1 and 2.

use clairon_laravel::{ConfigFile, ConfigValue, Environment};
use clairon_registry::App;

use crate::{
    mapping::{Mapping, TargetField, app, count, take_origins},
    plan::Plan,
};

/// The fields of an app in the file, and the columns of the table `websockets_apps`.
pub(crate) const APP: &Mapping = &[
    ("id", TargetField::Id),
    ("name", TargetField::Name),
    ("key", TargetField::Key),
    ("secret", TargetField::Secret),
    ("capacity", TargetField::Limit("capacity", 1)),
    ("enable_client_messages", TargetField::Switch("client_messages")),
    ("enable_statistics", TargetField::Switch("statistics")),
    ("allowed_origins", TargetField::Origins),
    ("host", TargetField::Ignored),
    ("path", TargetField::None("the setting server.path_prefix is the prefix of all paths, for the whole server")),
];

/// Options of the server without an equivalent.
const REST: [(&[&str], &str); 4] = [
    (&["ssl", "local_cert"], "put a proxy with TLS in front, see docs/deploy.md"),
    (&["ssl", "local_pk"], "put a proxy with TLS in front, see docs/deploy.md"),
    (&["statistics", "perform_dns_lookup"], "Clairon makes no DNS look-ups of clients"),
    (&["replication", "mode"], "CLAIRON_REDIS_URL joins nodes, see docs/scaling.md"),
];

pub(crate) fn plan(template: &App, config: &ConfigFile, environment: &Environment) -> Plan {
    let mut plan = Plan::new(config.path().display().to_string());
    let get = |names: &[&str]| config.get(names, environment).value;
    for (number, record) in get(&["apps"]).items().enumerate() {
        plan.add(&format!("apps.{number}"), app(APP, template, record));
    }
    for planned in &mut plan.apps {
        // Version 1 of the package has one list for all apps.
        if planned.app.allowed_origins.is_empty() {
            let entries: Vec<String> = get(&["allowed_origins"]).items().filter_map(ConfigValue::filled).collect();
            take_origins(&mut planned.app, &mut planned.notes, &entries);
        }
    }
    let provider = get(&["app_provider"]).filled().or_else(|| get(&["managers", "app"]).filled());
    if let Some(provider) = provider.filter(|provider| !provider.contains("Config")) {
        plan.notes.push(format!("this server keeps its apps not in its file but in {provider}"));
    }
    if let Ok(Some(size)) = count(&get(&["max_request_size_in_kb"])) {
        plan.notes.push(format!("max_request_size_in_kb ({size}): the limit is event_data_bytes of each app"));
    }
    for (names, instead) in REST {
        let value = get(names);
        if value.filled().is_some_and(|text| text != "local") {
            plan.notes.push(format!("{}: {instead}", names.join(".")));
        }
    }
    plan
}
