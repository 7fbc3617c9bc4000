//! The check `echo`: the options of Laravel Echo suit a server other than hosted Pusher.

use clairon_laravel::EchoSetup;

use clairon_protocol::quote;

use crate::{finding::Finding, setup::Setup};

const CHECK: &str = "echo";

pub(super) fn check(setup: &Setup) -> Finding {
    let environment = &setup.project.environment;
    let Some(echo) = &setup.project.echo else {
        let detail = "no `new Echo({…})` or `configureEcho({…})` in resources/js/{echo,bootstrap,app}.{js,ts,jsx,tsx}";
        return Finding::warn(CHECK, detail, "php artisan install:broadcasting");
    };
    let place = format!("{}:{}", echo.file.display(), echo.line);
    let get = |option: &str| echo.get(option, environment);
    if let Some(unread) = echo.unread() {
        let detail = format!("{place}: line {} is {}, so some options are not known", unread.line, unread.what);
        return Finding::warn(CHECK, detail, "name the server with --url to check it");
    }
    match get("broadcaster").filled().as_deref() {
        Some("pusher" | "reverb") => {}
        other => {
            let other = other.map_or_else(|| "none that can be read".to_owned(), quote);
            return Finding::fail(CHECK, format!("{place}: the broadcaster is {other}"), "broadcaster: 'pusher',");
        }
    }
    if lacks_cluster(echo, setup) {
        let detail = format!(
            "{place}: the option cluster is missing, and pusher-js throws an error without it; any value will do"
        );
        return Finding::fail(CHECK, detail, "cluster: 'mt1',");
    }
    let transports = get("enabledTransports").value;
    if transports.items().count() == 0 && transports.unread().is_none() {
        let detail = format!(
            "{place}: without the option enabledTransports pusher-js falls back to hosted Pusher after some seconds"
        );
        return Finding::warn(CHECK, detail, "enabledTransports: ['ws', 'wss'],");
    }
    Finding::pass(CHECK, place)
}

/// True if the option `cluster` is missing. The broadcaster `reverb` sets it itself.
fn lacks_cluster(echo: &EchoSetup, setup: &Setup) -> bool {
    let get = |option: &str| echo.get(option, &setup.project.environment);
    let cluster = get("cluster").value;
    get("broadcaster").filled().as_deref() == Some("pusher") && cluster.text().is_none() && cluster.unread().is_none()
}
