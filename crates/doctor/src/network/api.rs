//! The check `api`: the server accepts a signed request.

use clairon_client::{ApiRefusal, CLOCK_WINDOW, Endpoint, HttpClient, HttpResponse, api, clock_words};
use clairon_protocol::AppCredentials;

use super::side::Side;
use crate::{finding::Finding, setup::Setup};

const CHECK: &str = "api";
/// A difference between the clocks from here on causes a warning, in seconds. Synchronised clocks differ by less.
const CLOCK_WARNING: u64 = 60;

pub(super) fn check(setup: &Setup, client: &HttpClient, side: &Side, credentials: &AppCredentials) -> Finding {
    let endpoint = &side.endpoint;
    let answer = match api::channels(client, endpoint, credentials) {
        Ok(answer) => answer,
        Err(error) => return Finding::fail(CHECK, format!("{endpoint}: {error}"), "check the server's log"),
    };
    match answer.status.as_u16() {
        200 if answer.object().is_some_and(|body| body.contains_key("channels")) => accepted(&answer),
        200 => Finding::fail(
            CHECK,
            format!("{endpoint}/apps answers 200 with {}: it is another program", answer.message()),
            side.set("PORT", "6001"),
        ),
        _ => refused(setup, client, side, credentials, &answer),
    }
}

fn refused(
    setup: &Setup,
    client: &HttpClient,
    side: &Side,
    credentials: &AppCredentials,
    answer: &HttpResponse,
) -> Finding {
    let names = setup.names();
    let message = answer.message();
    let (detail, fix) = match ApiRefusal::of(answer) {
        ApiRefusal::App => return unknown_app(setup, &message),
        ApiRefusal::Path => return not_found(setup, client, side, credentials, answer),
        ApiRefusal::Redirect => return redirected(side, answer),
        ApiRefusal::Clock => (
            format!("401: this machine's clock is {}; {CLOCK_WINDOW} s are allowed", clock_words(answer)),
            "timedatectl set-ntp true".to_owned(),
        ),
        ApiRefusal::Key => (
            format!("401: {names}_APP_KEY is not the key of the app {names}_APP_ID: {message}"),
            format!("{names}_APP_ID=…\n{names}_APP_KEY=…\n`clairon app list` has both"),
        ),
        ApiRefusal::Secret => (
            format!("401: {names}_APP_SECRET is not the secret of this app at {}: {message}", side.endpoint),
            format!("{names}_APP_SECRET=…\n`clairon app show ID --show-secret` has it\nphp artisan config:clear"),
        ),
        ApiRefusal::Disabled => {
            (format!("403: {message}"), format!("enable the app: clairon app enable {}", credentials.id))
        }
        ApiRefusal::Other => (
            format!("{} answers {}: {message}", side.endpoint, answer.status.as_u16()),
            "check the log of the server, and of the proxy in front of it".to_owned(),
        ),
    };
    Finding::fail(CHECK, detail, fix)
}

fn accepted(answer: &HttpResponse) -> Finding {
    let off = answer.clock_ahead.map_or(0, i64::unsigned_abs);
    if off >= CLOCK_WARNING {
        let detail = format!(
            "the server accepts a signed request, but this machine's clock is {}; from {CLOCK_WINDOW} s on it refuses",
            clock_words(answer)
        );
        return Finding::warn(CHECK, detail, "timedatectl set-ntp true");
    }
    Finding::pass(CHECK, "the server accepts a signed request")
}

fn unknown_app(setup: &Setup, message: &str) -> Finding {
    let name = format!("{}_APP_ID", setup.names());
    let detail = format!("the server has no app with the id of {name}: {message}");
    Finding::fail(
        CHECK,
        detail,
        format!("{name}=…\n`clairon app list` has the ids; `clairon serve --env-file .env` takes the app of .env"),
    )
}

/// The finding for 404 on the path. It also tries the page's prefix and no prefix, because a wrong prefix is the usual
/// cause.
fn not_found(
    setup: &Setup,
    client: &HttpClient,
    side: &Side,
    credentials: &AppCredentials,
    answer: &HttpResponse,
) -> Finding {
    let endpoint = &side.endpoint;
    let page_prefix = setup.page.endpoint.as_ref().map(|page| page.prefix.clone()).unwrap_or_default();
    let found = [page_prefix, String::new()].into_iter().filter(|prefix| *prefix != endpoint.prefix).find(|prefix| {
        let other = Endpoint { prefix: prefix.clone(), ..endpoint.clone() };
        api::channels(client, &other, credentials).is_ok_and(|answer| answer.status == 200)
    });
    let shown = |prefix: &str| if prefix.is_empty() { "no prefix".to_owned() } else { format!("the prefix {prefix}") };
    let detail = format!("{}/apps answers 404 ({}), with {}", endpoint, answer.message(), shown(&endpoint.prefix));
    if let Some(prefix) = found {
        let fix = format!("in config/broadcasting.php, among the connection's options: 'path' => '{prefix}',");
        return Finding::fail(CHECK, format!("{detail}; it works with {}", shown(&prefix)), fix);
    }
    let fix = "let the proxy forward /app and /apps, in nginx: location ~ ^/apps?/ { proxy_pass http://127.0.0.1:6001; … }\n\
               behind a prefix that the proxy keeps: CLAIRON_SERVER_PATH_PREFIX=/prefix";
    Finding::fail(CHECK, detail, fix)
}

fn redirected(side: &Side, answer: &HttpResponse) -> Finding {
    let location = answer.header("location");
    let detail = format!("{} redirects to {location}, which Laravel and browsers do not follow here", side.endpoint);
    let fix = match Endpoint::of_location(&location) {
        Some(target) if target.tls != side.endpoint.tls => {
            format!("{}\n{}", side.set("SCHEME", target.scheme()), side.set("PORT", &target.port.to_string()))
        }
        Some(target) => side.set("HOST", &target.host),
        None => "let the proxy forward /app and /apps instead".to_owned(),
    };
    Finding::fail(CHECK, detail, fix)
}
