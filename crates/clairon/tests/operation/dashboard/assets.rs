//! The files of the dashboard.

use std::io::Read;

use clairon_tests::dashboard;
use clairon_tests::http::{HttpConnection, Response, get, request};
use clairon_tests::server::Server;
use flate2::read::GzDecoder;

/// The path of the first script or style sheet of the page.
fn asset(index: &str) -> &str {
    let (_, rest) = index.split_once("\"./assets/").unwrap();
    let (name, _) = rest.split_once('"').unwrap();
    name
}

/// Gets a file compressed, and returns the head and the inflated content.
fn inflated(server: &Server, target: &str) -> (Response, String) {
    let mut connection = HttpConnection::open(server);
    connection.write(format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: br, gzip\r\n\r\n"));
    let head = connection.head();
    let mut content = String::new();
    GzDecoder::new(connection.body_of(&head).as_slice()).read_to_string(&mut content).unwrap();
    (head, content)
}

#[test]
fn the_page_is_served_with_all_that_it_loads() {
    let server = dashboard::builder().start();
    let page = get(&server, "/dashboard/");
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert_eq!((page.header("cache-control"), page.header("content-encoding")), (Some("no-cache"), None));
    assert_eq!(get(&server, "/dashboard/index.html").body, page.body);
    let target = format!("/dashboard/assets/{}", asset(&page.body));
    let file = get(&server, &target);
    assert_eq!((file.status, file.header("cache-control")), (200, Some("public, max-age=31536000, immutable")));
    for (target, plain) in [("/dashboard/", &page), (target.as_str(), &file)] {
        let (head, content) = inflated(&server, target);
        assert_eq!((head.header("content-encoding"), head.header("vary")), (Some("gzip"), Some("accept-encoding")));
        assert_eq!(content, plain.body);
        assert_ne!(head.header("etag"), plain.header("etag"), "two forms have two tags");
    }
}

#[test]
fn a_known_file_is_not_sent_again() {
    let server = dashboard::builder().start();
    let page = get(&server, "/dashboard/");
    let tag = page.header("etag").unwrap();
    let again = |tag: &str| request(&server, "GET", "/dashboard/", &format!("If-None-Match: {tag}\r\n"));
    for known in [tag.to_owned(), format!("\"x\", W/{tag}"), "*".to_owned()] {
        let answer = again(&known);
        assert_eq!((answer.status, answer.body.as_str(), answer.header("etag")), (304, "", Some(tag)), "{known}");
    }
    assert_eq!(again("\"x\"").body, page.body);
}

#[test]
fn pages_load_nothing_foreign_and_are_in_no_frame() {
    let server = dashboard::builder().start();
    for target in ["/dashboard", "/dashboard/", "/dashboard/no/such/file", "/dashboard/%2e%2e/up"] {
        let response = request(&server, "GET", target, "Origin: https://evil.example\r\n");
        let policy = response.header("content-security-policy").unwrap();
        for rule in ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"] {
            assert!(policy.split("; ").any(|it| it == rule), "{rule} in {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(response.header(name), Some(value), "{target}");
        }
        assert!(response.headers.iter().all(|(name, _)| !name.starts_with("access-control")), "{response:?}");
    }
}

#[test]
fn paths_methods_and_the_prefix() {
    let server = dashboard::builder().env("CLAIRON_SERVER_PATH_PREFIX", "/ws").start();
    for prefix in ["", "/ws"] {
        let moved = get(&server, &format!("{prefix}/dashboard"));
        assert_eq!((moved.status, moved.header("location")), (308, Some("dashboard/")));
        assert_eq!(get(&server, &format!("{prefix}/dashboard/")).status, 200);
    }
    for target in ["/dashboard/x", "/dashboard/assets/", "/dashboard/..%2f..%2fCargo.toml", "/dashboard//"] {
        get(&server, target).assert_refused(404, "no such file");
    }
    for method in ["POST", "OPTIONS", "DELETE", "TRACE"] {
        let refused = request(&server, method, "/dashboard/", "");
        refused.assert_refused(405, method);
        assert_eq!(refused.header("allow"), Some("GET,HEAD"));
    }
    let page = get(&server, "/dashboard/");
    let mut connection = HttpConnection::open(&server);
    connection.write("HEAD /dashboard/ HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let head = connection.head();
    for name in ["content-length", "content-type", "etag", "content-security-policy"] {
        assert_eq!(head.header(name), page.header(name), "{name}");
    }
    assert_eq!(connection.get("/up").status, 200, "no body came with the head");
}

#[test]
fn it_is_off_without_a_password_and_a_token() {
    let server = Server::builder().app(clairon_tests::app::App::new("off")).start();
    for target in ["/dashboard", "/dashboard/", "/dashboard/index.html"] {
        get(&server, target).assert_refused(404, "CLAIRON_DASHBOARD_PASSWORD");
    }
    let server = clairon_tests::admin::builder().start();
    assert_eq!(get(&server, "/dashboard/").status, 200, "the token is a way to sign in");
}
