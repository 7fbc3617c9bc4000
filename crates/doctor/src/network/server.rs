//! The check `server`: which program answers.

use clairon_client::{HttpClient, HttpResponse};
use clairon_protocol::quote;

use super::side::Side;
use crate::finding::Finding;

const CHECK: &str = "server";

/// The programs that may answer.
#[derive(Clone, Debug, PartialEq, Eq)]
enum ServerKind {
    /// Clairon, with its version if the answer has it.
    Clairon(Option<String>),
    /// Another server of the Pusher protocol.
    OtherServer(&'static str),
    /// A proxy that does not reach the server behind it, with its status.
    DeadProxy(u16),
    /// Another program.
    OtherProgram(&'static str),
    Unknown,
}

impl ServerKind {
    /// True if answers to other paths cannot say more.
    fn is_certain(&self) -> bool {
        matches!(self, Self::Clairon(_) | Self::OtherServer(_) | Self::DeadProxy(_))
    }
}

pub(super) fn check(client: &HttpClient, side: &Side) -> Finding {
    let endpoint = &side.endpoint;
    let answer = match client.get(&endpoint.http("/")) {
        Ok(answer) => answer,
        Err(error) => {
            let fix = format!("is it a web server at all? {}", side.set("PORT", "6001"));
            return Finding::fail(CHECK, format!("{endpoint} does not answer HTTP: {error}"), fix);
        }
    };
    let mut best = (recognise("/", &answer), answer);
    // A proxy may forward only the paths of the protocol, hence the others. No server has an app "0" without a key.
    for path in ["/apps/0/channels", "/up"] {
        if best.0.is_certain() {
            break;
        }
        let Ok(answer) = client.get(&endpoint.http(path)) else { break };
        let kind = recognise(path, &answer);
        if kind.is_certain() || (best.0 == ServerKind::Unknown && kind != ServerKind::Unknown) {
            best = (kind, answer);
        }
    }
    let (kind, answer) = best;
    finding(side, &kind, &answer)
}

/// Recognises a program by its answer to an unsigned `GET`.
fn recognise(path: &str, answer: &HttpResponse) -> ServerKind {
    let body = answer.body.as_str();
    let powered_by = answer.header("x-powered-by");
    let error = answer.message();
    let status = answer.status.as_u16();
    if let Some(rest) = body.strip_prefix("Clairon ") {
        return ServerKind::Clairon(rest.split(':').next().map(str::to_owned));
    }
    if error == "No app has the id in the path" || error == "Missing parameter: auth_key" {
        return ServerKind::Clairon(None);
    }
    if powered_by.contains("Ratchet") || error.starts_with("Unknown app id") {
        return ServerKind::OtherServer("Laravel WebSockets");
    }
    if error.starts_with("No matching application") || (status == 404 && body == "Not found.") {
        return ServerKind::OtherServer("Laravel Reverb");
    }
    if path == "/up" && !answer.header("x-health-check").is_empty() {
        return ServerKind::OtherServer("sockudo");
    }
    if !answer.header("uwebsockets").is_empty() || (path == "/" && body == "OK") {
        return ServerKind::OtherServer("soketi");
    }
    if !answer.header("x-pusher-backend").is_empty() {
        return ServerKind::OtherServer("hosted Pusher");
    }
    if matches!(status, 502..=504) {
        return ServerKind::DeadProxy(status);
    }
    if body.contains("/@vite/client") && !body.contains("csrf-token") {
        return ServerKind::OtherProgram("the development server of Vite");
    }
    let cookies = answer.header("set-cookie");
    if cookies.contains("XSRF-TOKEN") || cookies.contains("_session") || powered_by.starts_with("PHP") {
        return ServerKind::OtherProgram("the Laravel site itself");
    }
    ServerKind::Unknown
}

fn finding(side: &Side, kind: &ServerKind, answer: &HttpResponse) -> Finding {
    let endpoint = &side.endpoint;
    let server = answer.header("server");
    let through = if server.is_empty() { String::new() } else { format!(" (through {server})") };
    match kind {
        ServerKind::Clairon(version) => {
            let version = version.as_ref().map(|version| format!(" {}", quote(version))).unwrap_or_default();
            Finding::pass(CHECK, format!("{endpoint} is Clairon{version}{through}"))
        }
        ServerKind::OtherServer(name) => {
            Finding::warn(CHECK, format!("{endpoint} is {name}, not Clairon{through}"), side.set("PORT", "6001"))
        }
        ServerKind::DeadProxy(status) => {
            let proxy = if server.is_empty() { "a proxy" } else { &server };
            let fix = "start Clairon, and point the proxy to its address, in nginx: proxy_pass http://127.0.0.1:6001;";
            Finding::fail(
                CHECK,
                format!("{endpoint} is {proxy}, which does not reach the server behind it ({status})"),
                fix,
            )
        }
        ServerKind::OtherProgram(who) => {
            Finding::fail(CHECK, format!("{endpoint} is {who}, not a broadcasting server"), side.set("PORT", "6001"))
        }
        ServerKind::Unknown => {
            let server = if server.is_empty() { "an unknown server".to_owned() } else { server };
            let detail = format!(
                "{endpoint} is {server}; no broadcasting server is recognised behind it ({})",
                answer.status.as_u16()
            );
            Finding::warn(CHECK, detail, "the next checks show whether it serves /app and /apps")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The answers are taken from the servers' sources.
    #[test]
    fn servers_are_told_apart() {
        let kind = |path: &str, status: u16, headers: &[(&'static str, &'static str)], body: &str| {
            recognise(path, &HttpResponse::new(status, headers, body))
        };
        let other = ServerKind::OtherServer;
        assert_eq!(
            kind("/", 200, &[], "Clairon 1.2.3: a broadcasting server"),
            ServerKind::Clairon(Some("1.2.3".into()))
        );
        let error = r#"{"error":"No app has the id in the path","code":404}"#;
        assert_eq!(kind("/apps/0/channels", 404, &[], error), ServerKind::Clairon(None));
        assert_eq!(kind("/", 200, &[], "OK"), other("soketi"));
        assert_eq!(kind("/", 404, &[("uWebSockets", "20")], ""), other("soketi"));
        assert_eq!(kind("/", 404, &[], "Not found."), other("Laravel Reverb"));
        assert_eq!(kind("/apps/0/channels", 404, &[], "No matching application for ID [0]."), other("Laravel Reverb"));
        assert_eq!(kind("/", 404, &[("X-Powered-By", "Ratchet/0.4.4")], ""), other("Laravel WebSockets"));
        let error = r#"{"error":"Unknown app id `0` provided."}"#;
        assert_eq!(kind("/apps/0/channels", 401, &[], error), other("Laravel WebSockets"));
        assert_eq!(kind("/up", 200, &[("X-Health-Check", "OK")], "OK"), other("sockudo"));
        assert_eq!(kind("/", 503, &[("Server", "nginx")], "<html>"), ServerKind::DeadProxy(503));
        assert_eq!(
            kind("/", 200, &[], "<script src=\"/@vite/client\">"),
            ServerKind::OtherProgram("the development server of Vite")
        );
        assert_eq!(
            kind("/", 200, &[("Set-Cookie", "XSRF-TOKEN=x")], "<html>"),
            ServerKind::OtherProgram("the Laravel site itself")
        );
        assert_eq!(kind("/", 200, &[("Server", "nginx")], "Welcome to nginx!"), ServerKind::Unknown);
    }
}
