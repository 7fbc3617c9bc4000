//! What `clairon serve` prints of the dashboard, and the one-time link of a first start.

use clairon_tests::{
    dashboard::cookie,
    http::{HttpConnection, Response},
};
use rustix::process::Signal;
use serde_json::json;

use crate::{
    place::{Place, Run},
    server::Server,
};

/// Uses the link of a server. `headers` each end with CRLF, and `before` comes before the request.
fn follow(server: &Server, link: &str, before: &str, headers: &str) -> Response {
    follow_to("localhost", server, link, before, headers)
}

/// The same with this `Host`.
fn follow_to(host: &str, server: &Server, link: &str, before: &str, headers: &str) -> Response {
    let body = json!({ "link": link }).to_string();
    let size = body.len();
    let mut connection = HttpConnection::to(server.address());
    connection.write(format!(
        "{before}POST /admin/api/session HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\
         Content-Length: {size}\r\n{headers}\r\n{body}"
    ));
    connection.response()
}

fn get(server: &Server, before: &str, path: &str, headers: &str) -> Response {
    let mut connection = HttpConnection::to(server.address());
    connection.write(format!("{before}GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n"));
    connection.response()
}

/// The secret part of a printed link.
fn secret_of(link: &str) -> &str {
    link.split_once("/dashboard/#/sign-in?link=").unwrap_or_else(|| panic!("{link}")).1
}

#[test]
fn a_first_start_prints_a_link_that_works_once() {
    let place = Place::new();
    let mut server = place.serve(&[], &[("CLAIRON_SERVER_PATH_PREFIX", "/ws")]);
    let link = server.printed("one_time_link");
    assert!(link.starts_with(&format!("http://{}/ws/dashboard/#/sign-in?link=", server.address())), "{link}");
    assert_eq!(get(&server, "", "/ws/dashboard/", "").status, 200);
    let session = get(&server, "", "/admin/api/session", "");
    assert_eq!(session.json()["methods"], json!(["link"]));
    let wrong = "0".repeat(64);
    follow(&server, &wrong, "", "").assert_problem(401, "link");

    let first = follow(&server, secret_of(&link), "", "");
    assert_eq!((first.status, &first.json()["role"]), (200, &json!("admin")), "{first:?}");
    let session = get(&server, "", "/admin/api/apps", &cookie(&first));
    assert_eq!(session.status, 200, "{session:?}");
    follow(&server, secret_of(&link), "", "").assert_problem(401, "used before");
    assert_eq!(get(&server, "", "/admin/api/session", "").json()["methods"], json!([]));

    // Its session ends with the process, and a second start has no link.
    let Run { stderr, .. } = server.stop(Signal::TERM);
    assert!(!stderr.contains(secret_of(&link)), "{stderr}");
    let second = place.serve(&[], &[("CLAIRON_SERVER_PATH_PREFIX", "/ws")]);
    get(&second, "", "/admin/api/apps", &cookie(&first)).assert_problem(404, "CLAIRON_DASHBOARD_PASSWORD");
    assert_eq!(get(&second, "", "/dashboard/", "").status, 404);
    assert_eq!(second.stop(Signal::TERM).printed("one_time_link"), "");
}

#[test]
fn a_link_works_on_the_machine_of_the_server_alone() {
    let listen =
        [("CLAIRON_SERVER_LISTEN", "127.0.0.1:0?proxy_protocol"), ("CLAIRON_SERVER_TRUSTED_PROXIES", "127.0.0.1")];
    let mut server = Place::new().serve_at(&listen);
    let link = server.printed("one_time_link");
    let local = "PROXY TCP4 127.0.0.1 127.0.0.1 56324 6001\r\n";
    for (before, headers) in [
        // Another machine, and one that pretends to be this one.
        ("PROXY TCP4 192.0.2.1 127.0.0.1 56324 6001\r\n", ""),
        ("PROXY TCP4 192.0.2.1 127.0.0.1 56324 6001\r\n", "X-Forwarded-For: 127.0.0.1\r\n"),
        ("PROXY UNKNOWN\r\n", "X-Forwarded-For: 192.0.2.1\r\n"),
        // Proxies on this machine, which are trusted here.
        (local, "X-Forwarded-For: 192.0.2.1\r\n"),
        (local, "X-Forwarded-For: 127.0.0.1\r\n"),
        (local, "X-Real-IP: 127.0.0.1\r\n"),
        (local, "Forwarded: for=127.0.0.1\r\n"),
        (local, "Forwarded: for=unknown\r\n"),
        (local, "Via: 1.1 proxy\r\n"),
    ] {
        let refused = follow(&server, secret_of(&link), before, headers);
        refused.assert_problem(401, "machine of the server");
        assert!(refused.header("set-cookie").is_none(), "{headers}");
    }
    // It was not used up.
    assert_eq!(follow(&server, secret_of(&link), local, "").status, 200);
    // The same without trust: a proxy still gives itself away.
    let mut server = Place::new().serve(&[], &[]);
    let link = server.printed("one_time_link");
    let headers = "X-Forwarded-For: 192.0.2.1\r\n";
    follow(&server, secret_of(&link), "", headers).assert_problem(401, "machine of the server");
    // A tunnel, and a name of another site that leads to this machine.
    for host in ["ws.example.com", "localhost.example.com:6001", "192.0.2.1"] {
        follow_to(host, &server, secret_of(&link), "", "").assert_problem(401, "another name of the server");
    }
    assert_eq!(follow_to(&server.address(), &server, secret_of(&link), "", "").status, 200);
}

#[test]
fn there_is_no_link_where_there_is_another_way_in_or_nobody_reads_it() {
    let declared = [("PUSHER_APP_ID", "1"), ("PUSHER_APP_KEY", "k"), ("PUSHER_APP_SECRET", "s")];
    let password = [("CLAIRON_DASHBOARD_PASSWORD", "correct horse battery")];
    let token = [("CLAIRON_ADMIN_TOKEN", "0123456789abcdef")];
    for (variables, is_on) in [(&declared[..], false), (&password, true), (&token, true)] {
        let server = Place::new().serve(&[], variables);
        let url = format!("http://{}/dashboard/", server.address());
        let run = server.stop(Signal::TERM);
        assert_eq!(run.printed("one_time_link"), "", "{}", run.stdout);
        assert_eq!(run.printed("dashboard"), if is_on { url.as_str() } else { "" });
        assert!(variables.iter().all(|(_, secret)| secret.len() < 3 || !run.stdout.contains(secret)), "{}", run.stdout);
    }
}

#[test]
fn people_get_a_line_too() {
    let place = Place::new();
    let mut command = place.command(&["serve", "--host", "127.0.0.1", "--port", "0"]);
    let printed = crate::server::first_lines(&mut command, "# The dashboard", 2);
    assert!(printed[0].ends_with("this link works once, from this machine"), "{printed:?}");
    assert!(printed[1].starts_with("http://127.0.0.1:") && secret_of(&printed[1]).len() == 64, "{printed:?}");
}
