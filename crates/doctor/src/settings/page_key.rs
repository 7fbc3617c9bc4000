//! The check `page-key`: the page has the backend's key and not its secret.

use clairon_laravel::{BroadcastConnection, ConfigValue};

use crate::{finding::Finding, setup::Setup};

const CHECK: &str = "page-key";

pub(super) fn check(setup: &Setup, connection: &BroadcastConnection) -> Finding {
    let (bundler, names) = (setup.page.bundler, setup.names());
    let backend_variable = connection.key.variable_or(&format!("{names}_APP_KEY")).to_owned();
    let page_variable = setup.page.key.variable_or(&format!("{bundler}_{names}_APP_KEY")).to_owned();
    let fix = format!("{page_variable}=\"${{{backend_variable}}}\"\nnpm run build");
    if let Some(name) = published_secret(setup, connection.secret.filled().as_deref()) {
        let detail = format!("{name} is the app's secret, and every visitor of the page can read it");
        return Finding::fail(
            CHECK,
            detail,
            format!("{fix}\ngive the app a new secret, because this one is public: clairon app rotate ID"),
        );
    }
    if let Some(unread) = setup.page.key.value.unread() {
        let detail = format!("Echo's key (line {}) is {}, which only the page can compute", unread.line, unread.what);
        return Finding::warn(CHECK, detail, format!("key: import.meta.env.{page_variable},"));
    }
    match (setup.page.key.filled(), connection.key.filled()) {
        (Some(page), Some(backend)) if page == backend => {
            Finding::pass(CHECK, format!("{page_variable} equals {backend_variable}"))
        }
        (Some(_), _) => Finding::fail(CHECK, format!("{page_variable} differs from {backend_variable}"), fix),
        (None, _) if setup.project.echo.is_none() && setup.page.key.variable.is_none() => {
            Finding::warn(CHECK, format!("found neither {page_variable} nor a set-up of Echo"), fix)
        }
        (None, _) => Finding::fail(CHECK, missing(setup, &page_variable), fix),
    }
}

/// The variable of the page or the option of Echo that contains the secret.
fn published_secret(setup: &Setup, secret: Option<&str>) -> Option<String> {
    let secret = secret?;
    let variables = setup.project.environment.variables();
    let is_public = |name: &str| name.starts_with("VITE_") || name.starts_with("MIX_");
    let variable = variables.iter().find(|(name, value)| is_public(name) && *value == secret);
    let option = || (setup.page.key.value == ConfigValue::Text(secret.to_owned())).then(|| "Echo's key".to_owned());
    variable.map(|(name, _)| (*name).to_owned()).or_else(option)
}

fn missing(setup: &Setup, variable: &str) -> String {
    let reads = setup.page.key.variable.as_deref();
    match reads {
        Some(name) if !name.starts_with("VITE_") && !name.starts_with("MIX_") => {
            format!("Echo's key is {name}, which the page does not see: its name must begin with VITE_")
        }
        Some(_) => format!("{variable} is not set, and Echo's key is taken from it"),
        None => "Echo has no key".to_owned(),
    }
}
