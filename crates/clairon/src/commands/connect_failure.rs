//! Why a server is not reached, in words that say what to change.

use std::io::{self, ErrorKind};

use clairon_client::{
    Endpoint,
    http::Answer,
    quote,
    socket::{NotUpgraded, Refused},
    stream::{Stream, resolve},
    tls,
};

/// Looks for what keeps us from `endpoint`; `why` is what an attempt has said, for want of something better.
pub(crate) fn unreachable(endpoint: &Endpoint, why: &str) -> String {
    let Endpoint { host, port, .. } = endpoint;
    if let Err(error) = resolve(host, *port) {
        return format!("the name {host} does not resolve: {}", quote(&error.to_string()));
    }
    match Stream::open(endpoint) {
        Err(error) => words(endpoint, &error),
        Ok(_) => format!("{endpoint}: {why}"),
    }
}

fn words(endpoint: &Endpoint, error: &io::Error) -> String {
    let authority = endpoint.authority();
    if let Some(certificate) = tls::certificate_error(error) {
        return format!("the certificate of {authority} is not good for {}: {certificate}", endpoint.host);
    }
    if tls::cause(error).is_some() {
        return format!("{authority} does not speak TLS ({}): its URL begins with http://", quote(&error.to_string()));
    }
    match error.kind() {
        ErrorKind::ConnectionRefused if endpoint.is_loopback() => {
            format!("nothing listens at {authority}: start it with `clairon serve --port {}`", endpoint.port)
        }
        ErrorKind::ConnectionRefused => format!("nothing listens at {authority}"),
        ErrorKind::TimedOut | ErrorKind::WouldBlock => {
            format!("{authority} does not answer: a firewall drops it, or the host is down")
        }
        _ => format!("{authority}: {}", quote(&error.to_string())),
    }
}

/// Why a WebSocket was not let in, or has ended.
pub(crate) fn refused(endpoint: &Endpoint, refused: &Refused) -> String {
    match refused {
        Refused::NotUpgraded(answer) => not_upgraded(endpoint, answer),
        Refused::Told { code: Some(code), message } => match meaning(*code) {
            Some(meaning) => format!("{meaning} ({code}: {message})"),
            None => format!("{code}: {message}"),
        },
        Refused::Told { code: None, message } => message.clone(),
        Refused::Broken(why) => why.clone(),
    }
}

fn not_upgraded(endpoint: &Endpoint, answer: &NotUpgraded) -> String {
    let NotUpgraded { status, server, location, message } = answer;
    let who = if server.is_empty() { endpoint.to_string() } else { format!("{endpoint} ({server})") };
    match status {
        301 | 302 | 303 | 307 | 308 => format!("{who} redirects to {location}, which WebSockets do not follow"),
        404 => format!("{who} does not know the path {}/app: is a path prefix missing?", endpoint.prefix),
        400 if speaks_tls(message) => format!("{who} speaks TLS: its URL begins with https://"),
        502..=504 => format!("{who} does not reach the server behind it ({status})"),
        _ => format!("{who} answers {status} in place of a WebSocket: {message}"),
    }
}

/// True for what nginx says where TLS was expected.
pub(crate) fn speaks_tls(message: &str) -> bool {
    message.contains("HTTPS port")
}

pub(crate) fn answer_speaks_tls(answer: &Answer) -> bool {
    answer.status == 400 && speaks_tls(&answer.body)
}

/// What the codes of the protocol mean to whoever connects.
fn meaning(code: u64) -> Option<&'static str> {
    Some(match code {
        4001 => "the server has no app with this key",
        4003 => "the app is switched off",
        4004 => "the app has all the connections that it may have",
        4005 => "the server does not know the path: is a path prefix missing?",
        4009 => "the server does not let us in",
        4100 => "the server is full",
        4200 => "the server asks us to connect again",
        _ => return None,
    })
}
