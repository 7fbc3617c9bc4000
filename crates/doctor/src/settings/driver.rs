//! The check `driver`: Laravel sends events to a server that speaks the Pusher protocol.

use clairon_protocol::quote;

use crate::{finding::Finding, setup::Setup};

const CHECK: &str = "driver";
/// The variable in Laravel 11 and newer, and in older versions.
const VARIABLES: [&str; 2] = ["BROADCAST_CONNECTION", "BROADCAST_DRIVER"];

pub(super) fn check(setup: &Setup) -> Finding {
    let broadcasting = &setup.project.broadcasting;
    let default = &broadcasting.default;
    let variable = default.variable_or(VARIABLES[0]);
    let fix = format!("{variable}=pusher");
    if let Some(unread) = default.value.unread() {
        let detail = format!(
            "config/broadcasting.php:{}: the default connection is {}, which only Laravel can compute",
            unread.line, unread.what
        );
        return Finding::warn(CHECK, detail, fix);
    }
    let name = default.filled().unwrap_or_else(|| "null".to_owned());
    let Some(connection) = broadcasting.connection() else {
        let detail = format!("{variable} is {:?}, but config/broadcasting.php has no such connection", quote(&name));
        return Finding::fail(CHECK, detail, fix);
    };
    match connection.driver.filled().as_deref() {
        Some("pusher" | "reverb") => match other_connection(setup, variable, &name) {
            None => Finding::pass(CHECK, format!("{variable}={name}")),
            Some(other) => Finding::warn(
                CHECK,
                format!("this project reads {variable}={name}; `clairon serve` reads {other}, which has another value"),
                format!("{other}={name}"),
            ),
        },
        Some(driver @ ("null" | "log")) => Finding::fail(CHECK, silent(setup, variable, driver), fix),
        driver => {
            let driver = quote(driver.unwrap_or("nothing"));
            Finding::fail(
                CHECK,
                format!("{variable}={name} uses the driver {driver}, which does not speak the Pusher protocol"),
                fix,
            )
        }
    }
}

/// The variable of newer versions, if this project does not read it and it has another value.
fn other_connection(setup: &Setup, variable: &str, name: &str) -> Option<&'static str> {
    let [newer, older] = VARIABLES;
    let differs = || setup.project.environment.env_text(newer).is_some_and(|other| other != name);
    (variable == older && differs()).then_some(newer)
}

/// Why Laravel sends no event. Often the variable is set under the name that another version of Laravel reads.
fn silent(setup: &Setup, variable: &str, driver: &str) -> String {
    let environment = &setup.project.environment;
    let other = VARIABLES.into_iter().find(|name| *name != variable && environment.filled(name).is_some());
    match (environment.filled(variable), other) {
        (None, Some(other)) => {
            format!("{other} is set, but this project reads {variable}, which is not: Laravel sends no event")
        }
        (None, None) => format!("{variable} is not set: Laravel sends no event"),
        (Some(_), _) => format!("{variable} selects the driver {driver}: Laravel sends no event"),
    }
}
