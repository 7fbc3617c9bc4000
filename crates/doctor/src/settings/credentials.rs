//! The check `credentials`: the app's id, key and secret are set and well formed.

use clairon_laravel::{BroadcastConnection, ConfigSetting, ConfigValue, Environment};
use clairon_protocol::{AppId, AppKey, Secret, error::InvalidId};

use crate::{finding::Finding, setup::Setup};

const CHECK: &str = "credentials";

pub(super) fn check(setup: &Setup, connection: &BroadcastConnection) -> Finding {
    let names = setup.names();
    let variable = |setting: &ConfigSetting, name: &str| setting.variable_or(&format!("{names}_APP_{name}")).to_owned();
    let all = [
        (variable(&connection.app_id, "ID"), &connection.app_id, parses(AppId::parse)),
        (variable(&connection.key, "KEY"), &connection.key, parses(AppKey::parse)),
        (variable(&connection.secret, "SECRET"), &connection.secret, parses(Secret::parse)),
    ];
    let unread = all.iter().find_map(|(name, setting, _)| Some((name, setting.value.unread()?)));
    if let Some((name, unread)) = unread {
        let detail = format!(
            "config/broadcasting.php:{}: {}, instead of env('{name}'), which only Laravel can compute",
            unread.line, unread.what
        );
        return Finding::warn(CHECK, detail, "checks that need a signature are not run");
    }
    let missing: Vec<&str> =
        all.iter().filter(|(_, setting, _)| setting.filled().is_none()).map(|(name, ..)| name.as_str()).collect();
    let environment = &setup.project.environment;
    if !missing.is_empty() {
        let lines: Vec<String> = missing.iter().map(|name| format!("{name}=…")).collect();
        let fix =
            format!("{}\n`clairon app list` and `clairon app show ID --show-secret` have the values", lines.join("\n"));
        let missing = missing.iter().map(|name| match php_value(environment, name) {
            Some(value) => format!("{name} (Laravel reads its text as {value})"),
            None => (*name).to_owned(),
        });
        return Finding::fail(CHECK, format!("not set: {}", missing.collect::<Vec<_>>().join(", ")), fix);
    }
    for (name, setting, parse) in &all {
        if let Err(error) = parse(&setting.filled().unwrap_or_default()) {
            return Finding::fail(CHECK, format!("{name}: {error}"), format!("{name}=…"));
        }
    }
    if connection.secret.filled() == connection.key.filled() {
        let name = &all[2].0;
        return Finding::fail(
            CHECK,
            format!("{name} equals the key, which every visitor of the page can read"),
            format!("{name}=…"),
        );
    }
    let names = all.map(|(name, ..)| name);
    if let Some(name) = names.iter().find(|name| php_value(environment, name).is_some()) {
        let detail = format!("{name} is true in Laravel, so the Pusher library gets 1");
        return Finding::warn(CHECK, detail, format!("{name}='\"true\"' if the word itself is meant"));
    }
    let choice = setup.project.credential_choice(connection).map(|choice| format!("; {choice}"));
    Finding::pass(CHECK, format!("{}{}", names.join(", "), choice.unwrap_or_default()))
}

/// The PHP value that `env()` makes of a variable, if it is not a text or is empty although the file has a text.
fn php_value(environment: &Environment, name: &str) -> Option<&'static str> {
    let is_written = environment.filled(name).is_some();
    match environment.env(name)? {
        ConfigValue::Null => Some("null"),
        ConfigValue::Bool(true) => Some("true"),
        ConfigValue::Bool(false) => Some("false"),
        ConfigValue::Text(text) if text.is_empty() && is_written => Some("empty"),
        _ => None,
    }
}

type Check = Box<dyn Fn(&str) -> Result<(), InvalidId>>;

fn parses<T: 'static>(parse: fn(&str) -> Result<T, InvalidId>) -> Check {
    Box::new(move |text| parse(text).map(drop))
}
