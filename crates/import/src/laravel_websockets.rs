//! `config/websockets.php` of `beyondcode/laravel-websockets`, versions 1 and 2.

use clairon_laravel::{ConfigFile, Environment, Value};
use clairon_registry::App;

use crate::{
    mapping::{Mapping, Target, app, count, take_origins},
    plan::Plan,
};

/// An app of the file, and a row of the table `websockets_apps`.
pub(crate) const APP: &Mapping = &[
    ("id", Target::Id),
    ("name", Target::Name),
    ("key", Target::Key),
    ("secret", Target::Secret),
    ("capacity", Target::Capacity),
    ("enable_client_messages", Target::ClientMessages),
    ("enable_statistics", Target::Statistics),
    ("allowed_origins", Target::Origins),
    ("host", Target::Ignored),
    ("path", Target::None("a prefix of all paths is the setting server.path_prefix, for the whole server")),
];

/// What stands beside the apps and has no equivalent.
const REST: [(&[&str], &str); 4] = [
    (&["ssl", "local_cert"], "TLS is ended by a proxy in front, see docs/deploy.md"),
    (&["ssl", "local_pk"], "TLS is ended by a proxy in front, see docs/deploy.md"),
    (&["statistics", "perform_dns_lookup"], "no such look-up is made"),
    (&["replication", "mode"], "CLAIRON_REDIS_URL joins nodes, see docs/scaling.md"),
];

pub(crate) fn plan(template: &App, config: &ConfigFile, environment: &Environment) -> Plan {
    let mut plan = Plan::new(config.path().display().to_string());
    let get = |names: &[&str]| config.get(names, environment).value;
    for (number, record) in get(&["apps"]).items().enumerate() {
        plan.add(app(APP, template, record, &format!("apps.{number}")));
    }
    for planned in &mut plan.apps {
        // Version 1 has one list for all apps.
        if planned.app.allowed_origins.is_empty() {
            let entries: Vec<String> = get(&["allowed_origins"]).items().filter_map(Value::filled).collect();
            take_origins(&mut planned.app, &mut planned.notes, &entries);
        }
    }
    let provider = get(&["app_provider"]).filled().or_else(|| get(&["managers", "app"]).filled());
    if let Some(provider) = provider.filter(|provider| !provider.contains("Config")) {
        plan.notes.push(format!("the apps of this server are not in its file but with {provider}"));
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
