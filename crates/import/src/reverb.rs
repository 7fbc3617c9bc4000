//! `config/reverb.php` and the `REVERB_*` variables of Laravel Reverb.

use std::path::Path;

use clairon_laravel::{ConfigFile, Environment, Value};

use crate::{
    mapping::{Mapping, Target, app, flag},
    plan::Plan,
};

const APP: &Mapping = &[
    ("app_id", Target::Id),
    ("key", Target::Key),
    ("secret", Target::Secret),
    ("allowed_origins", Target::Origins),
    ("max_connections", Target::Capacity),
    ("options", Target::Ignored),
    ("ping_interval", Target::None("the setting is heartbeat.ping_after_seconds, for the whole server")),
    ("activity_timeout", Target::None("clients are told 30 seconds")),
    ("max_message_size", Target::None("the limit is event_data_bytes of the app, in place of one for a whole message")),
    ("accept_client_events_from", Target::Ignored),
    ("rate_limiting", Target::None("the limit is client_events_per_second of the app")),
];

/// What Reverb's own configuration makes of the variables.
const BY_VARIABLES: &str = "<?php return ['apps' => ['apps' => [[
    'key' => env('REVERB_APP_KEY'),
    'secret' => env('REVERB_APP_SECRET'),
    'app_id' => env('REVERB_APP_ID'),
    'max_connections' => env('REVERB_APP_MAX_CONNECTIONS'),
]]], 'servers' => ['reverb' => [
    'port' => env('REVERB_SERVER_PORT'),
    'path' => env('REVERB_SERVER_PATH'),
    'scaling' => ['enabled' => env('REVERB_SCALING_ENABLED', false)],
]]];";

pub(crate) fn plan_of_variables(environment: &Environment) -> Plan {
    let config = ConfigFile::parse(Path::new("REVERB_* variables"), BY_VARIABLES);
    plan(&config, environment)
}

pub(crate) fn plan(config: &ConfigFile, environment: &Environment) -> Plan {
    let mut plan = Plan::new(config.path().display().to_string());
    let get = |names: &[&str]| config.get(names, environment).value;
    let apps = get(&["apps", "apps"]);
    for (number, record) in apps.items().enumerate() {
        let mut planned = app(APP, record, &format!("apps.apps.{number}"));
        if let Ok(planned) = &mut planned {
            // Reverb takes client events unless it is told not to.
            let from = record.get("accept_client_events_from").and_then(Value::filled);
            planned.app.client_messages = from.as_deref() != Some("none");
        }
        plan.add(planned);
    }
    if get(&["apps", "provider"]).filled().is_some_and(|provider| provider != "config") {
        plan.notes.push("apps.provider: the apps of this server are not in its file".to_owned());
    }
    let server = |name: &str| get(&["servers", "reverb", name]);
    if let Some(port) = server("port").filled() {
        plan.notes.push(format!("servers.reverb.port ({port}): CLAIRON_SERVER_PORT={port} keeps it"));
    }
    if let Some(path) = server("path").filled() {
        plan.notes.push(format!("servers.reverb.path ({path}): CLAIRON_SERVER_PATH_PREFIX={path} keeps it"));
    }
    if get(&["servers", "reverb", "options", "tls"]).items().count() > 0 {
        plan.notes.push("servers.reverb.options.tls: TLS is ended by a proxy in front, see docs/deploy.md".to_owned());
    }
    if flag(&get(&["servers", "reverb", "scaling", "enabled"])) == Some(true) {
        plan.notes.push("servers.reverb.scaling: nodes do not share events yet".to_owned());
    }
    plan
}
