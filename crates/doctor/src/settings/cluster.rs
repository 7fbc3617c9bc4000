//! The check `cluster`: neither side connects to hosted Pusher because of `PUSHER_APP_CLUSTER`.

use clairon_client::Endpoint;

use crate::{finding::Finding, setup::Setup};

const CHECK: &str = "cluster";

pub(super) fn check(setup: &Setup) -> Finding {
    let hosted = |side: &Endpoint| side.is_hosted_pusher();
    if let Ok(backend) = setup.backend.as_ref().map_err(drop)
        && hosted(backend)
    {
        return backend_finding(setup, backend);
    }
    match &setup.page.endpoint {
        Ok(page) if hosted(page) => page_finding(setup, page),
        _ => Finding::pass(CHECK, "neither side connects to hosted Pusher"),
    }
}

fn backend_finding(setup: &Setup, backend: &Endpoint) -> Finding {
    let names = setup.names();
    let environment = &setup.project.environment;
    let host = format!("{names}_HOST");
    if environment.env_text(&host).is_some_and(|value| value != backend.host) {
        let detail = format!("Laravel sends events to {}: config/broadcasting.php does not read {host}", backend.host);
        let fix = format!(
            "'options' => [\n    'cluster' => env('{names}_APP_CLUSTER'),\n    'host' => env('{host}'),\n    \
             'port' => env('{names}_PORT', 6001),\n    'scheme' => env('{names}_SCHEME', 'http'),\n    \
             'useTLS' => env('{names}_SCHEME', 'http') === 'https',\n],"
        );
        return Finding::fail(CHECK, detail, fix);
    }
    let why = if environment.env_text(&host).is_some() { "names that host" } else { "is not set" };
    let detail = format!("Laravel sends events to hosted Pusher at {}: {host} {why}", backend.host);
    Finding::fail(CHECK, detail, format!("{host}=127.0.0.1\n{names}_PORT=6001\n{names}_SCHEME=http"))
}

fn page_finding(setup: &Setup, page: &Endpoint) -> Finding {
    let (bundler, names) = (setup.page.bundler, setup.names());
    let host = format!("{bundler}_{names}_HOST");
    let source = if bundler == "MIX" { "process.env" } else { "import.meta.env" };
    let detail =
        format!("the page connects to hosted Pusher at {}: Echo has no wsHost, or {host} is not set", page.host);
    let fix = format!("{host}=\"${{{names}_HOST}}\"\nin Echo's options: wsHost: {source}.{host},\nnpm run build");
    Finding::fail(CHECK, detail, fix)
}
