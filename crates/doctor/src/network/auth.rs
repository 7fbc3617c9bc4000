//! The check `auth`: the site answers when a page asks for access to a private channel.

use clairon_client::{HttpClient, HttpResponse};
use clairon_protocol::{
    SocketId,
    auth::{AuthToken, subscription_signature},
    quote,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{finding::Finding, setup::Setup};

const CHECK: &str = "auth";
const CHANNEL: &str = "private-clairon-doctor";

/// Asks as Echo does, but without a signed-in user. A refusal passes too, because it shows that the route works.
pub(super) fn check(setup: &Setup, client: &HttpClient, url: &str, socket_id: Option<SocketId>) -> Finding {
    let socket_id = socket_id.unwrap_or_else(|| SocketId::from_random(0));
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let body = format!("socket_id={}&channel_name={}", encoded(&socket_id.to_string()), encoded(CHANNEL));
    let answer = match client.post(url, "application/x-www-form-urlencoded", &body) {
        Ok(answer) => answer,
        Err(error) => return Finding::fail(CHECK, format!("{}: {error}", quote(url)), "php artisan serve"),
    };
    match answer.status.as_u16() {
        200 => answered(setup, &answer, socket_id),
        401 | 403 => Finding::pass(
            CHECK,
            format!("it answers, and refuses a visitor who is not signed in ({})", answer.status.as_u16()),
        ),
        419 => Finding::pass(CHECK, "it answers, and requires the page's CSRF token (419)"),
        404 | 405 => {
            let fix = "php artisan install:broadcasting\nin Laravel 10 and older: Broadcast::routes(); in BroadcastServiceProvider, and that provider in config/app.php";
            Finding::fail(CHECK, format!("the site has no such route ({})", answer.status.as_u16()), fix)
        }
        301 | 302 | 303 | 307 | 308 => {
            let detail = format!("it redirects to {} instead of answering with JSON", answer.header("location"));
            Finding::fail(
                CHECK,
                detail,
                "authEndpoint: '/broadcasting/auth', with the scheme and host of the page itself",
            )
        }
        status => {
            Finding::fail(CHECK, format!("it answers {status}: {}", answer.message()), "tail storage/logs/laravel.log")
        }
    }
}

fn answered(setup: &Setup, answer: &HttpResponse, socket_id: SocketId) -> Finding {
    let Some(auth) = answer.object().and_then(|body| Some(body.get("auth")?.as_str()?.to_owned())) else {
        let detail = format!(
            "it answers 200 with {} instead of a signature: its broadcast driver is not pusher",
            answer.message()
        );
        return Finding::fail(CHECK, detail, "BROADCAST_CONNECTION=pusher\nphp artisan config:clear");
    };
    let Some(credentials) = &setup.credentials else {
        return Finding::warn(
            CHECK,
            "it answers with a signature that cannot be checked without the app's secret",
            "set the app's credentials",
        );
    };
    let expected = subscription_signature(&credentials.secret, socket_id, CHANNEL, None);
    match AuthToken::parse(Some(&auth)).and_then(|token| token.verify(credentials.key.as_str(), &expected)) {
        Ok(()) => Finding::pass(CHECK, "it answers, and signs as the server expects"),
        Err(error) => {
            let detail = format!("it signs for another app or with another secret than the one in .env: {error}");
            Finding::fail(CHECK, detail, "php artisan config:clear\nand restart PHP-FPM or Octane")
        }
    }
}
