//! The checks `upgrade` (every proxy forwards a WebSocket) and `websocket` (the server accepts the page).

use clairon_client::{Endpoint, PusherSocket, SocketError, socket::NotUpgraded};

use super::side::Side;
use crate::{finding::Finding, setup::Setup};

const UPGRADE: &str = "upgrade";
const CHECK: &str = "websocket";

const NGINX: &str = "location /app/ {\n    proxy_pass http://127.0.0.1:6001;\n    proxy_http_version 1.1;\n    \
                     proxy_set_header Host $http_host;\n    proxy_set_header Upgrade $http_upgrade;\n    \
                     proxy_set_header Connection \"upgrade\";\n    proxy_read_timeout 180s;\n}";

pub(super) fn check(setup: &Setup, side: &Side, key: &str) -> (Vec<Finding>, Option<PusherSocket>) {
    let endpoint = &side.endpoint;
    let origin = setup.origin();
    let passed = || Finding::pass(UPGRADE, format!("{} is forwarded as a WebSocket", endpoint.websocket("/app")));
    match PusherSocket::connect(endpoint, key, origin.as_deref()) {
        Ok(socket) => {
            let as_whom = origin.map(|origin| format!(" as a page of {origin}")).unwrap_or_default();
            (vec![passed(), Finding::pass(CHECK, format!("connected{as_whom}"))], Some(socket))
        }
        Err(SocketError::NotUpgraded(answer)) => (vec![blocked(setup, side, &answer)], None),
        Err(SocketError::Refused { code, message }) => {
            (vec![passed(), refused(setup, code, &message, origin.as_deref())], None)
        }
        Err(SocketError::Broken(why)) => {
            let fix = format!("check the log of the server, and of the proxy in front of it; for nginx:\n{NGINX}");
            (vec![Finding::fail(UPGRADE, format!("{}: {why}", endpoint.websocket("/app")), fix)], None)
        }
    }
}

/// The finding for a handshake that got an ordinary HTTP answer.
fn blocked(setup: &Setup, side: &Side, answer: &NotUpgraded) -> Finding {
    let NotUpgraded { status, server, location, message } = answer;
    let who = if server.is_empty() { "the proxy in front of the server".to_owned() } else { server.clone() };
    let lower = message.to_ascii_lowercase();
    let is_stripped = *status == 426 || (*status == 400 && (lower.contains("upgrade") || lower.contains("websocket")));
    if is_stripped {
        let detail = format!("{who} removes the header Upgrade, so WebSockets fail ({status})");
        return Finding::fail(UPGRADE, detail, NGINX);
    }
    match status {
        301 | 302 | 303 | 307 | 308 => {
            let fix = match Endpoint::of_location(location) {
                Some(target) if target.tls != side.endpoint.tls => {
                    format!("{}\n{}", side.set("SCHEME", target.scheme()), side.set("PORT", &target.port.to_string()))
                }
                _ => NGINX.to_owned(),
            };
            Finding::fail(UPGRADE, format!("{who} redirects to {location}, which WebSockets do not follow"), fix)
        }
        404 => {
            let prefix = &side.endpoint.prefix;
            let detail = format!("{who} does not know the path {prefix}/app (404)");
            Finding::fail(
                UPGRADE,
                detail,
                format!("{NGINX}\nor set wsPath in Echo's options, if the server has a path prefix"),
            )
        }
        502..=504 => Finding::fail(UPGRADE, format!("{who} does not reach the server behind it ({status})"), NGINX),
        _ => {
            let fix = format!(
                "check the proxy's log; {}_{}_HOST and _PORT name the proxy",
                setup.page.bundler,
                setup.names()
            );
            Finding::fail(UPGRADE, format!("{who} answers {status} instead of 101: {message}"), fix)
        }
    }
}

/// The finding for a server that opens the WebSocket and then refuses the page.
fn refused(setup: &Setup, code: Option<u64>, message: &str, origin: Option<&str>) -> Finding {
    let variable = setup.page.key.variable_or(&format!("{}_{}_APP_KEY", setup.page.bundler, setup.names())).to_owned();
    let detail = match code {
        Some(code) => format!("{code}: {message}"),
        None => message.to_owned(),
    };
    let fail = |why: &str, fix: String| Finding::fail(CHECK, format!("{why} ({detail})"), fix);
    match code {
        Some(4001) => fail(
            &format!("the server has no app with the key of {variable}"),
            format!(
                "{variable}=…\n`clairon app list` has the keys; `clairon serve --env-file .env` takes the app of .env"
            ),
        ),
        Some(4003) => fail("the app is disabled", "enable the app: clairon app enable ID".to_owned()),
        Some(4004 | 4100) => fail(
            "the app or the server has reached its limit of connections",
            "raise the app's capacity, or the limit of open files".to_owned(),
        ),
        Some(4005) => fail(
            "the server does not know the path",
            "set wsPath in Echo's options, or CLAIRON_SERVER_PATH_PREFIX of the server".to_owned(),
        ),
        Some(4009) => {
            let host = origin.unwrap_or("the page");
            fail(
                &format!("pages of {host} are refused"),
                format!("add {host} to the app's allowed_origins, or set APP_URL to the site's true address"),
            )
        }
        _ => fail("the server refuses the page", "check the server's log".to_owned()),
    }
}
