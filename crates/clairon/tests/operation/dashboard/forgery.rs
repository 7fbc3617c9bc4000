//! Forged sessions, and requests that a page of another site causes a browser to send.

use clairon_tests::admin;
use clairon_tests::dashboard::{self, OWN_PAGE, PASSWORD, VIEWER_PASSWORD, call, sign_in, try_to_sign_in};
use clairon_tests::http::HttpConnection;
use serde_json::json;

#[test]
fn a_cookie_that_the_server_has_not_signed_opens_nothing() {
    let server = dashboard::builder().start();
    let right = sign_in(&server, VIEWER_PASSWORD);
    let value = right.trim_start_matches("Cookie: clairon_session=").trim_end();
    let (content, signature) = value.rsplit_once('.').unwrap();
    let (_, expiry) = content.split_once('.').unwrap();
    // Of a server with other secrets.
    let foreign =
        sign_in(&dashboard::builder().env("CLAIRON_DASHBOARD_PASSWORD", "another password").start(), VIEWER_PASSWORD);
    let later = expiry.parse::<u64>().unwrap() + 1;
    let mut cookies: Vec<String> = [
        String::new(),
        format!("admin.{expiry}.{signature}"),
        format!("viewer.{later}.{signature}"),
        format!("viewer.{expiry}.{}", "0".repeat(64)),
        format!("{content}."),
        content.to_owned(),
        format!("{value}00"),
        format!("{content}.{}", &signature[1..]),
        "x".repeat(12_000),
        format!("{content}.{}", "ab".repeat(6_000)),
        "\u{e9}".to_owned(),
    ]
    .map(|value| format!("Cookie: clairon_session={value}\r\n"))
    .to_vec();
    cookies.push(foreign);
    for cookie in cookies {
        let refused = admin::request(&server, "GET", "/apps", &cookie, "");
        refused.assert_problem(401, "session cookie");
        assert!(refused.header("set-cookie").is_none());
        let own = admin::request(&server, "GET", "/session", &cookie, "").ok();
        assert_eq!(own["signed_in"], false, "{cookie}");
    }
    // A neighbouring host may have set a cookie of the same name, so the right one counts wherever it is.
    for others in ["clairon_session=x; a=b; ", "clairon_session=; clairon_session=admin.1.2; "] {
        let cookies = right.replace("Cookie: ", &format!("Cookie: {others}"));
        assert_eq!(admin::request(&server, "GET", "/apps", &cookies, "").status, 200);
    }
    // More than a head may have.
    let mut connection = HttpConnection::open(&server);
    let huge = "x".repeat(20_000);
    connection.write(format!("GET /admin/api/apps HTTP/1.1\r\nHost: a\r\nCookie: clairon_session={huge}\r\n\r\n"));
    assert_eq!(connection.response().status, 431);
}

#[test]
fn a_page_of_another_site_changes_nothing() {
    let server = dashboard::builder().start();
    let cookie = sign_in(&server, PASSWORD);
    let json = "Content-Type: application/json\r\n";
    for (headers, word) in [
        ("", "X-Clairon-Dashboard"),
        ("X-Clairon-Dashboard: 0\r\n", "X-Clairon-Dashboard"),
        ("Sec-Fetch-Site: same-origin\r\n", "X-Clairon-Dashboard"),
        ("X-Clairon-Dashboard: 1\r\nSec-Fetch-Site: cross-site\r\n", "another origin"),
        ("X-Clairon-Dashboard: 1\r\nSec-Fetch-Site: same-site\r\n", "another origin"),
        ("X-Clairon-Dashboard: 1\r\nSec-Fetch-Site: none\r\n", "another origin"),
        ("X-Clairon-Dashboard: 1\r\nSec-Fetch-Site: \r\n", "another origin"),
    ] {
        let headers = format!("{cookie}{json}{headers}Origin: https://evil.example\r\n");
        for (method, path) in [("POST", "/apps"), ("PATCH", "/apps/1"), ("DELETE", "/apps/1"), ("DELETE", "/session")] {
            let refused = admin::request(&server, method, path, &headers, "{}");
            refused.assert_problem(403, word);
            assert!(refused.header("set-cookie").is_none(), "{headers}");
        }
    }
    // Such a page cannot even look: browsers send no cookie, and those that do say where the request comes from.
    for site in ["cross-site", "same-site"] {
        let headers = format!("{cookie}Sec-Fetch-Site: {site}\r\n");
        admin::request(&server, "GET", "/tail", &headers, "").assert_problem(403, "another origin");
    }
    let opened = admin::request(&server, "GET", "/apps", &format!("{cookie}Sec-Fetch-Site: none\r\n"), "");
    assert_eq!(opened.status, 200, "the address bar");
    assert_eq!(call(&server, &cookie, "POST", "/apps", Some(&json!({}))).status, 201, "the dashboard itself");
    // A program with the token is no browser.
    let headers = format!("Authorization: Bearer x\r\n{cookie}{OWN_PAGE}");
    admin::request(&server, "GET", "/apps", &headers, "").assert_problem(401, "Authorization");
}

#[test]
fn a_page_of_another_site_signs_nobody_in() {
    let server = dashboard::builder().start();
    for site in ["cross-site", "same-site", "none"] {
        let headers = format!("Sec-Fetch-Site: {site}\r\n");
        let refused = try_to_sign_in(&server, &json!({ "password": PASSWORD }), &headers);
        refused.assert_problem(403, "another origin");
        assert!(refused.header("set-cookie").is_none());
    }
    let same = try_to_sign_in(&server, &json!({ "password": PASSWORD }), "Sec-Fetch-Site: same-origin\r\n");
    assert_eq!(same.status, 200);
}
