//! The check `config-cache`: Laravel does not use an outdated copy of the configuration.

use clairon_laravel::{Broadcasting, ConfigSetting};

use crate::{finding::Finding, setup::Setup};

const CHECK: &str = "config-cache";

pub(super) fn check(setup: &Setup) -> Finding {
    let Some(cached) = &setup.project.cached else {
        return Finding::pass(CHECK, "the configuration is not cached: Laravel reads .env");
    };
    let stale = differences(&setup.project.broadcasting, cached);
    if stale.is_empty() {
        return Finding::pass(CHECK, "bootstrap/cache/config.php agrees with .env");
    }
    let detail = format!(
        "bootstrap/cache/config.php is older than .env and differs in {}: Laravel uses the cached values",
        stale.join(", ")
    );
    Finding::fail(CHECK, detail, "php artisan config:clear\nphp artisan queue:restart")
}

/// The settings for which the cache has other values.
fn differences(fresh: &Broadcasting, cached: &Broadcasting) -> Vec<&'static str> {
    let differ =
        |one: &ConfigSetting, other: &ConfigSetting| one.value.unread().is_none() && one.filled() != other.filled();
    if differ(&fresh.default, &cached.default) {
        return vec!["the default connection"];
    }
    let (Some(fresh), Some(cached)) = (fresh.connection(), cached.connection()) else { return Vec::new() };
    let pairs = [
        ("app_id", &fresh.app_id, &cached.app_id),
        ("key", &fresh.key, &cached.key),
        ("secret", &fresh.secret, &cached.secret),
        ("host", &fresh.host, &cached.host),
        ("port", &fresh.port, &cached.port),
        ("scheme", &fresh.scheme, &cached.scheme),
    ];
    pairs.into_iter().filter(|(_, one, other)| differ(one, other)).map(|(name, _, _)| name).collect()
}
