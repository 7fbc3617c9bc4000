//! Reads `config/reverb.php` and the `REVERB_*` variables of Laravel Reverb.

use std::path::Path;

use clairon_laravel::{ConfigFile, ConfigValue, Environment};
use clairon_registry::App;

use crate::{
    error::ImportError,
    mapping::{Mapping, TargetField, app, flag},
    plan::Plan,
    variables::{ServerVariable, ServerVariables, VariableMeaning, VariableNames, needs},
};

pub(crate) const APP: &Mapping = &[
    ("app_id", TargetField::Id),
    ("key", TargetField::Key),
    ("secret", TargetField::Secret),
    ("allowed_origins", TargetField::Origins),
    ("max_connections", TargetField::Limit("capacity", 1)),
    ("options", TargetField::Ignored),
    ("ping_interval", TargetField::None("the setting is heartbeat.ping_after_seconds, for the whole server")),
    ("activity_timeout", TargetField::None("the setting is heartbeat.activity_timeout_seconds, for the whole server")),
    (
        "max_message_size",
        TargetField::None("the limit is event_data_bytes of the app, in place of one for a whole message"),
    ),
    ("accept_client_events_from", TargetField::Ignored),
    ("rate_limiting", TargetField::None("the limit is client_events_per_second of the app")),
];

const APP_VARIABLES: [(&str, &str); 8] = [
    ("ID", "app_id"),
    ("KEY", "key"),
    ("SECRET", "secret"),
    ("MAX_CONNECTIONS", "max_connections"),
    ("ACCEPT_CLIENT_EVENTS_FROM", "accept_client_events_from"),
    ("PING_INTERVAL", "ping_interval"),
    ("ACTIVITY_TIMEOUT", "activity_timeout"),
    ("MAX_MESSAGE_SIZE", "max_message_size"),
];

/// `REVERB_HOST` and `REVERB_PORT` are not among them: they name the address for clients, which may be a proxy.
const SETTINGS: [(&str, &str); 3] = [
    ("REVERB_SERVER_HOST", "server.host"),
    ("REVERB_SERVER_PORT", "server.port"),
    ("REVERB_SERVER_PATH", "server.path_prefix"),
];

const SERVER: &str = "'servers' => ['reverb' => [
    'port' => env('REVERB_SERVER_PORT'),
    'path' => env('REVERB_SERVER_PATH'),
    'scaling' => ['enabled' => env('REVERB_SCALING_ENABLED', false)],
]]";

/// A PHP configuration that reads the variables as Reverb's own file does.
fn configuration() -> String {
    let fields = APP_VARIABLES.map(|(name, field)| format!("'{field}' => env('REVERB_APP_{name}')"));
    format!("<?php return ['apps' => ['apps' => [[{}]]], {SERVER}];", fields.join(", "))
}

/// The variables that are set, for a Clairon server that is started with them.
pub(crate) fn variables(environment: &Environment) -> ServerVariables {
    const FROM: &str = "REVERB_APP_ACCEPT_CLIENT_EVENTS_FROM";
    let names = VariableNames {
        app: "REVERB_APP_",
        fields: &APP_VARIABLES,
        mapping: APP,
        own: &["REVERB_APP_", "REVERB_SERVER_", "REVERB_SCALING_"],
        text: Environment::env_text,
        spell: |field| format!("REVERB_APP_{}", field.to_uppercase()),
    };
    let settings = SETTINGS.into_iter().map(|(name, setting)| (name.to_owned(), setting, 1));
    let mut read = names.read(settings, environment);
    let has_app = read.variables.iter().any(|variable| matches!(variable.meaning, VariableMeaning::Field(..)));
    if has_app {
        let from = environment.env_text(FROM);
        let name = from.as_ref().map_or("Reverb's default", |_| FROM).to_owned();
        read.variables.retain(|variable| variable.name != FROM);
        let takes = takes_client_events(from.as_deref()).to_string();
        read.variables.push(ServerVariable { name, meaning: VariableMeaning::Field("client_messages", takes) });
    }
    read
}

/// Reverb accepts client events by default.
fn takes_client_events(from: Option<&str>) -> bool {
    from != Some("none")
}

pub(crate) fn plan_of_variables(template: &App, environment: &Environment) -> Result<Plan, ImportError> {
    needs(environment, &["REVERB_APP_ID"])?;
    let config = ConfigFile::parse(Path::new("REVERB_* variables"), &configuration());
    Ok(plan(template, &config, environment))
}

pub(crate) fn plan(template: &App, config: &ConfigFile, environment: &Environment) -> Plan {
    let mut plan = Plan::new(config.path().display().to_string());
    let get = |names: &[&str]| config.get(names, environment).value;
    let apps = get(&["apps", "apps"]);
    for (number, record) in apps.items().enumerate() {
        let mut planned = app(APP, template, record);
        if let Ok(planned) = &mut planned {
            let from = record.get("accept_client_events_from").and_then(ConfigValue::filled);
            planned.app.client_messages = takes_client_events(from.as_deref());
        }
        plan.add(&format!("apps.apps.{number}"), planned);
    }
    if get(&["apps", "provider"]).filled().is_some_and(|provider| provider != "config") {
        plan.notes.push("apps.provider: this server does not keep its apps in its file".to_owned());
    }
    let server = |name: &str| get(&["servers", "reverb", name]);
    if let Some(port) = server("port").filled() {
        plan.notes.push(format!("servers.reverb.port ({port}): CLAIRON_SERVER_PORT={port} keeps it"));
    }
    if let Some(path) = server("path").filled() {
        plan.notes.push(format!("servers.reverb.path ({path}): CLAIRON_SERVER_PATH_PREFIX={path} keeps it"));
    }
    if get(&["servers", "reverb", "options", "tls"]).items().count() > 0 {
        plan.notes.push("servers.reverb.options.tls: put a proxy with TLS in front, see docs/deploy.md".to_owned());
    }
    if flag(&get(&["servers", "reverb", "scaling", "enabled"])) == Some(true) {
        plan.notes.push("servers.reverb.scaling: CLAIRON_REDIS_URL joins nodes, see docs/scaling.md".to_owned());
    }
    plan
}
