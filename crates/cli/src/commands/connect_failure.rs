//! Why a command does not reach a server, in words that say what to change.

use std::{
    fmt::Display,
    io::{self, ErrorKind},
};

use clairon_client::{
    Endpoint, HttpResponse, SocketError,
    socket::NotUpgraded,
    stream::{Stream, resolve},
};
use clairon_protocol::quote;

/// Tries to reach `endpoint` again, step by step, to find the step that fails. `error` is the answer if none does.
pub(super) fn unreachable(endpoint: &Endpoint, error: &dyn Display) -> String {
    let Endpoint { host, port, .. } = endpoint;
    if let Err(error) = resolve(host, *port) {
        return format!("the name {host} does not resolve: {}", quote(&error.to_string()));
    }
    match Stream::open(endpoint) {
        Err(error) => words(endpoint, &error),
        Ok(_) => format!("{endpoint}: {error}"),
    }
}

fn words(endpoint: &Endpoint, error: &io::Error) -> String {
    let authority = endpoint.authority();
    if let Some(certificate) = clairon_tls::certificate_error(error) {
        return format!("the certificate of {authority} is not valid for {}: {certificate}", endpoint.host);
    }
    if clairon_tls::cause(error).is_some() {
        return format!("{authority} does not speak TLS ({}): its URL begins with http://", quote(&error.to_string()));
    }
    match error.kind() {
        ErrorKind::ConnectionRefused if endpoint.is_loopback() => {
            format!("nothing listens at {authority}: start it with `clairon serve --port {}`", endpoint.port)
        }
        ErrorKind::ConnectionRefused => format!("nothing listens at {authority}"),
        ErrorKind::TimedOut | ErrorKind::WouldBlock => {
            format!("{authority} does not answer: a firewall drops the packets, or the host is down")
        }
        _ => format!("{authority}: {}", quote(&error.to_string())),
    }
}

/// Why a WebSocket was refused or has ended.
pub(super) fn socket_error(endpoint: &Endpoint, error: &SocketError) -> String {
    match error {
        SocketError::NotUpgraded(answer) => not_upgraded(endpoint, answer),
        SocketError::Refused { code: Some(code), message } => match meaning(*code) {
            Some(meaning) => format!("{meaning} ({code}: {message})"),
            None => format!("{code}: {message}"),
        },
        SocketError::Refused { code: None, .. } | SocketError::Broken(_) => error.to_string(),
    }
}

fn not_upgraded(endpoint: &Endpoint, answer: &NotUpgraded) -> String {
    let NotUpgraded { status, server, location, message } = answer;
    let server = if server.is_empty() { endpoint.to_string() } else { format!("{endpoint} ({server})") };
    match status {
        301 | 302 | 303 | 307 | 308 => format!("{server} redirects to {location}, which WebSockets do not follow"),
        404 => format!("{server} does not know the path {}/app: is a path prefix missing?", endpoint.prefix),
        400 if speaks_tls(message) => format!("{server} speaks TLS: its URL begins with https://"),
        502..=504 => format!("{server} does not reach the server behind it ({status})"),
        _ => format!("{server} answers {status} instead of opening a WebSocket: {message}"),
    }
}

pub(super) fn answer_speaks_tls(answer: &HttpResponse) -> bool {
    answer.status == 400 && speaks_tls(&answer.body)
}

/// True for the error page that nginx sends for plain HTTP on a TLS port.
fn speaks_tls(message: &str) -> bool {
    message.contains("HTTPS port")
}

/// The meaning of a close code for the person who runs the command.
fn meaning(code: u64) -> Option<&'static str> {
    Some(match code {
        4001 => "the server has no app with this key",
        4003 => "the app is disabled",
        4004 => "the app has reached its limit of connections",
        4005 => "the server does not know the path: is a path prefix missing?",
        4009 => "the server refuses the connection",
        4100 => "the server has reached its limit of connections",
        4200 => "the server asks for a new connection",
        _ => return None,
    })
}
