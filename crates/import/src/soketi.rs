//! Reads the JSON file and the `SOKETI_*` variables of soketi.

use clairon_laravel::{ArrayKey, ConfigValue, Environment};
use clairon_registry::App;

use crate::{
    error::ImportError,
    mapping::{Mapping, TargetField, app, count, set_limit},
    plan::Plan,
    variables::{ServerVariables, VariableNames, needs},
};

/// The path of the apps in the file.
const APPS: &str = "appManager.array.apps";
const KIB: u32 = 1_024;
/// How long soketi collects events for one request, unless it is set.
const BATCHING_MILLISECONDS: &str = "50";

pub(crate) const APP: &Mapping = &[
    ("id", TargetField::Id),
    ("key", TargetField::Key),
    ("secret", TargetField::Secret),
    ("name", TargetField::Name),
    ("enabled", TargetField::Switch("enabled")),
    ("maxConnections", TargetField::Limit("capacity", 1)),
    ("enableClientMessages", TargetField::Switch("client_messages")),
    ("enableUserAuthentication", TargetField::Switch("user_authentication")),
    ("maxClientEventsPerSecond", TargetField::Limit("client_events_per_second", 1)),
    ("maxPresenceMembersPerChannel", TargetField::Limit("presence_members", 1)),
    ("maxPresenceMemberSizeInKb", TargetField::Limit("user_info_bytes", KIB)),
    ("maxChannelNameLength", TargetField::Limit("channel_name_bytes", 1)),
    ("maxEventChannelsAtOnce", TargetField::Limit("channels_per_event", 1)),
    ("maxEventNameLength", TargetField::Limit("event_name_chars", 1)),
    ("maxEventPayloadInKb", TargetField::Limit("event_data_bytes", KIB)),
    ("maxEventBatchSize", TargetField::Limit("events_per_batch", 1)),
    ("maxBackendEventsPerSecond", TargetField::None("backends have no limit per second")),
    ("maxReadRequestsPerSecond", TargetField::None("backends have no limit per second")),
    ("webhooks", TargetField::Webhooks),
    ("webhookEvents", TargetField::Ignored),
];

/// A row of the table `apps`.
pub(crate) const ROW: &Mapping = &[
    ("id", TargetField::Id),
    ("key", TargetField::Key),
    ("secret", TargetField::Secret),
    ("enabled", TargetField::Switch("enabled")),
    ("enable_stats", TargetField::Switch("statistics")),
    ("max_connections", TargetField::Limit("capacity", 1)),
    ("enable_client_messages", TargetField::Switch("client_messages")),
    ("enable_user_authentication", TargetField::Switch("user_authentication")),
    ("max_client_events_per_sec", TargetField::Limit("client_events_per_second", 1)),
    ("max_presence_members_per_channel", TargetField::Limit("presence_members", 1)),
    ("max_presence_member_size_in_kb", TargetField::Limit("user_info_bytes", KIB)),
    ("max_channel_name_length", TargetField::Limit("channel_name_bytes", 1)),
    ("max_event_channels_at_once", TargetField::Limit("channels_per_event", 1)),
    ("max_event_name_length", TargetField::Limit("event_name_chars", 1)),
    ("max_event_payload_in_kb", TargetField::Limit("event_data_bytes", KIB)),
    ("max_event_batch_size", TargetField::Limit("events_per_batch", 1)),
    ("max_backend_events_per_sec", TargetField::None("backends have no limit per second")),
    ("max_read_req_per_sec", TargetField::None("backends have no limit per second")),
    ("webhooks", TargetField::Webhooks),
];

/// Limits of the whole server. An app without its own limit gets them.
const LIMITS: [(&str, &str, u32); 8] = [
    ("channelLimits.maxNameLength", "limits.channel_name_bytes", 1),
    ("channelLimits.cacheTtl", "limits.cache_ttl_seconds", 1),
    ("eventLimits.maxBatchSize", "limits.events_per_batch", 1),
    ("eventLimits.maxChannelsAtOnce", "limits.channels_per_event", 1),
    ("eventLimits.maxNameLength", "limits.event_name_chars", 1),
    ("eventLimits.maxPayloadInKb", "limits.event_data_bytes", KIB),
    ("presence.maxMembersPerChannel", "limits.presence_members", 1),
    ("presence.maxMemberSizeInKb", "limits.user_info_bytes", KIB),
];

/// Options of the server that are settings in Clairon.
const SETTINGS: [(&str, &str); 3] =
    [("host", "server.host"), ("port", "server.port"), ("pathPrefix", "server.path_prefix")];

/// Variables of the server, as soketi names them after `SOKETI_`, and their options.
const VARIABLES: [(&str, &str); 17] = [
    ("CHANNEL_CACHE_TTL", "channelLimits.cacheTtl"),
    ("CHANNEL_LIMITS_MAX_NAME_LENGTH", "channelLimits.maxNameLength"),
    ("EVENT_MAX_BATCH_SIZE", "eventLimits.maxBatchSize"),
    ("EVENT_MAX_CHANNELS_AT_ONCE", "eventLimits.maxChannelsAtOnce"),
    ("EVENT_MAX_NAME_LENGTH", "eventLimits.maxNameLength"),
    ("EVENT_MAX_SIZE_IN_KB", "eventLimits.maxPayloadInKb"),
    ("PRESENCE_MAX_MEMBERS", "presence.maxMembersPerChannel"),
    ("PRESENCE_MAX_MEMBER_SIZE", "presence.maxMemberSizeInKb"),
    ("HOST", "host"),
    ("PORT", "port"),
    ("PATH_PREFIX", "pathPrefix"),
    ("SSL_CERT", "ssl.certPath"),
    ("ADAPTER_DRIVER", "adapter.driver"),
    ("APP_MANAGER_DRIVER", "appManager.driver"),
    ("METRICS_ENABLED", "metrics.enabled"),
    ("WEBHOOKS_BATCHING", "webhooks.batching.enabled"),
    ("WEBHOOKS_BATCHING_DURATION", "webhooks.batching.duration"),
];
const APP_VARIABLES: [(&str, &str); 12] = [
    ("ID", "id"),
    ("KEY", "key"),
    ("SECRET", "secret"),
    ("MAX_CONNS", "maxConnections"),
    // Not soketi's name, but a common mistake.
    ("MAX_CONNECTIONS", "maxConnections"),
    ("ENABLE_CLIENT_MESSAGES", "enableClientMessages"),
    ("ENABLED", "enabled"),
    ("USER_AUTHENTICATION", "enableUserAuthentication"),
    ("MAX_BACKEND_EVENTS_PER_SEC", "maxBackendEventsPerSecond"),
    ("MAX_CLIENT_EVENTS_PER_SEC", "maxClientEventsPerSecond"),
    ("MAX_READ_REQ_PER_SEC", "maxReadRequestsPerSecond"),
    ("WEBHOOKS", "webhooks"),
];

pub(crate) fn plan(template: &App, config: &ConfigValue, source: &str) -> Plan {
    let mut plan = Plan::new(source);
    let get = |path: &str| find(config, path).cloned().unwrap_or(ConfigValue::Null);
    for (number, record) in get(APPS).items().enumerate() {
        let planned = app(APP, template, record).map(|mut planned| {
            planned.notes.extend(inherit(&mut planned.app, record, config));
            planned
        });
        plan.add(&format!("{APPS}.{number}"), planned);
    }
    notes(&mut plan, &get);
    plan
}

/// The variables that are set, for a Clairon server that is started with them.
pub(crate) fn variables(environment: &Environment) -> ServerVariables {
    let names = VariableNames {
        app: "SOKETI_DEFAULT_APP_",
        fields: &APP_VARIABLES,
        mapping: APP,
        own: &["SOKETI_"],
        text: |environment, name| environment.filled(name).map(str::to_owned),
        spell: |field| format!("SOKETI_DEFAULT_APP_{}", field.to_uppercase()),
    };
    let settings = VARIABLES.iter().filter_map(|(name, path)| {
        let limits = LIMITS.iter().copied().chain(SETTINGS.map(|(path, setting)| (path, setting, 1)));
        let (_, setting, unit) = limits.into_iter().find(|(known, ..)| known == path)?;
        Some((format!("SOKETI_{name}"), setting, unit))
    });
    names.read(settings, environment)
}

pub(crate) fn plan_of_variables(template: &App, environment: &Environment) -> Result<Plan, ImportError> {
    needs(environment, &["SOKETI_DEFAULT_APP_ID", "DEFAULT_APP_ID"])?;
    // Names such as `PORT` are used by other programs too, so they count only with the prefix `SOKETI_`.
    let variable = |name: &str| environment.filled(&format!("SOKETI_{name}"));
    let app = APP_VARIABLES.iter().filter_map(|(name, field)| {
        let name = format!("DEFAULT_APP_{name}");
        let text = variable(&name).or_else(|| environment.filled(&name))?;
        Some((ArrayKey::Name((*field).to_owned()), ConfigValue::Text(text.to_owned())))
    });
    let apps = ConfigValue::Array(vec![(ArrayKey::Index(0), ConfigValue::Array(app.collect()))]);
    let rest = VARIABLES.iter().filter_map(|(name, path)| {
        Some((ArrayKey::Name((*path).to_owned()), ConfigValue::Text(variable(name)?.to_owned())))
    });
    let config = rest.chain([(ArrayKey::Name(APPS.to_owned()), apps)]).collect();
    Ok(plan(template, &ConfigValue::Array(config), "SOKETI_* variables"))
}

/// The value at a path. The dots of the path may separate nested keys or be part of one key.
fn find<'a>(value: &'a ConfigValue, path: &str) -> Option<&'a ConfigValue> {
    value
        .get(path)
        .or_else(|| path.match_indices('.').find_map(|(dot, _)| find(value.get(&path[..dot])?, &path[dot + 1..])))
}

/// Gives an app the server's limits that it does not set itself. Returns notes about limits that do not fit.
fn inherit(app: &mut App, record: &ConfigValue, config: &ConfigValue) -> Vec<String> {
    let has_own = |limit: &str| {
        APP.iter().any(|(name, target)| {
            matches!(target, TargetField::Limit(known, _) if *known == limit)
                && record.get(name).is_some_and(|value| count(value).is_ok_and(|count| count.is_some()))
        })
    };
    let limits = LIMITS.iter().map(|(path, setting, unit)| (path, setting.trim_start_matches("limits."), *unit));
    let inherited = limits.filter(|(_, limit, _)| !has_own(limit));
    let set = inherited.filter_map(|(path, limit, unit)| {
        let error = set_limit(&mut app.limits, limit, unit, find(config, path)?).err()?;
        Some(format!("left as the default: {path}: {error}"))
    });
    set.collect()
}

fn notes(plan: &mut Plan, get: &dyn Fn(&str) -> ConfigValue) {
    let mut note = |path: &str, instead: &dyn Fn(&str) -> Option<String>| {
        if let Some(instead) = get(path).filled().and_then(|value| instead(&value)) {
            plan.notes.push(format!("{path}: {instead}"));
        }
    };
    note("port", &|port| Some(format!("CLAIRON_SERVER_PORT={port} keeps it")));
    note("pathPrefix", &|prefix| Some(format!("CLAIRON_SERVER_PATH_PREFIX={prefix} keeps it")));
    note("ssl.certPath", &|_| Some("put a proxy with TLS in front, see docs/deploy.md".to_owned()));
    note("adapter.driver", &|driver| {
        (driver != "local").then(|| "CLAIRON_REDIS_URL joins nodes, see docs/scaling.md".to_owned())
    });
    note("metrics.enabled", &|enabled| {
        (enabled == "1" || enabled == "true")
            .then(|| "metrics.listen or metrics.token switches them on, see docs/metrics.md".to_owned())
    });
    note("webhooks.batching.enabled", &|enabled| {
        let duration = get("webhooks.batching.duration").filled().unwrap_or_else(|| BATCHING_MILLISECONDS.to_owned());
        (enabled == "1" || enabled == "true")
            .then(|| format!("CLAIRON_WEBHOOKS_BATCH_MILLISECONDS={duration} keeps it, see docs/webhooks.md"))
    });
    note("appManager.driver", &|driver| {
        (driver != "array").then(|| format!("this server keeps its apps not in its configuration but in {driver}"))
    });
}
