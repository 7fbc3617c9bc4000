//! Sessions: how they begin and end, and where they are valid.

use std::process::Command;

use clairon_test_servers::certificates::Authority;
use clairon_tests::admin::{self, TOKEN};
use clairon_tests::dashboard::{self, OWN_PAGE, PASSWORD, call, cookie, sign_in, try_to_sign_in};
use clairon_tests::http::HttpConnection;
use clairon_tests::server::Server;
use clairon_tests::transport::TlsClient;
use serde_json::{Value, json};

/// What the server says of the session of a request.
fn session(server: &Server, cookie: &str) -> Value {
    admin::request(server, "GET", "/session", cookie, "").ok()
}

#[test]
fn a_password_begins_a_session_and_the_page_ends_it() {
    let server = dashboard::builder().env("CLAIRON_DASHBOARD_SESSION_HOURS", "2").start();
    let out = session(&server, "");
    assert_eq!(out, json!({ "signed_in": false, "methods": ["password"] }));
    let response = try_to_sign_in(&server, &json!({ "password": PASSWORD }), "");
    let begun = response.ok();
    let attributes: Vec<_> = response.header("set-cookie").unwrap().split("; ").skip(1).collect();
    assert_eq!(attributes, ["Path=/admin/api", "Max-Age=7200", "HttpOnly", "SameSite=Strict"]);
    let line = server.wait_for_log("the sign-in", |line| line["message"] == "an operator has signed in");
    assert_eq!(
        (&line["peer"], &line["role"], &line["method"]),
        (&json!("127.0.0.1"), &json!("admin"), &json!("password"))
    );

    let cookie = cookie(&response);
    let mut own = session(&server, &cookie);
    let of_server = own.as_object_mut().unwrap().remove("server").unwrap();
    assert_eq!(own, json!({ "signed_in": true, "role": "admin", "expires_at": begun["expires_at"] }));
    assert_eq!((&of_server["version"], &of_server["cluster"]), (&json!(env!("CARGO_PKG_VERSION")), &json!(false)));
    assert!(of_server["started_at"].is_string() && of_server["node"].as_str().is_some_and(|node| !node.is_empty()));

    let created = call(&server, &cookie, "POST", "/apps", Some(&json!({ "name": "Shop" })));
    assert_eq!(created.status, 201, "{created:?}");
    let ended = call(&server, &cookie, "DELETE", "/session", None);
    let attributes = "clairon_session=; Path=/admin/api; Max-Age=0; HttpOnly; SameSite=Strict";
    assert_eq!((ended.status, ended.header("set-cookie")), (204, Some(attributes)));
}

#[test]
fn a_hash_of_php_is_a_password() {
    let hash = Command::new("php").args(["-r", "echo password_hash($argv[1], PASSWORD_ARGON2ID);", PASSWORD]).output();
    let hash = String::from_utf8(hash.unwrap().stdout).unwrap();
    assert!(hash.starts_with("$argon2id$v=19$"), "{hash}");
    let server = Server::builder().env("CLAIRON_DASHBOARD_PASSWORD", hash.clone()).start();
    let cookie = sign_in(&server, PASSWORD);
    assert_eq!(call(&server, &cookie, "GET", "/apps", None).status, 200);
    // The hash itself opens nothing.
    try_to_sign_in(&server, &json!({ "password": hash }), "").assert_problem(401, "password");
}

#[test]
fn the_token_signs_in_and_stays_a_token() {
    let server = admin::builder().start();
    assert_eq!(session(&server, "")["methods"], json!(["token"]));
    let response = try_to_sign_in(&server, &json!({ "token": TOKEN }), "");
    assert_eq!(response.ok()["role"], "admin");
    assert_eq!(call(&server, &cookie(&response), "GET", "/apps", None).status, 200);
    let own = session(&server, &format!("Authorization: Bearer {TOKEN}\r\n"));
    assert_eq!((&own["signed_in"], &own["role"], &own["expires_at"]), (&json!(true), &json!("admin"), &Value::Null));
    // A token that is wrong counts, even beside a right session.
    let both = format!("{}Authorization: Bearer {}\r\n", cookie(&response), &TOKEN[1..]);
    admin::request(&server, "GET", "/apps", &both, "").assert_problem(401, "Authorization");
    assert_eq!(session(&server, &both)["signed_in"], false);
}

#[test]
fn a_session_is_valid_on_every_node_with_the_same_secrets_until_one_changes() {
    let servers = [(); 2].map(|()| dashboard::builder().start());
    let cookie = sign_in(&servers[0], PASSWORD);
    for server in &servers {
        assert_eq!(call(server, &cookie, "GET", "/apps", None).status, 200);
    }
    for (name, value) in [
        ("CLAIRON_DASHBOARD_PASSWORD", "another password"),
        ("CLAIRON_DASHBOARD_VIEWER_PASSWORD", "another one for viewers"),
        ("CLAIRON_ADMIN_TOKEN", TOKEN),
    ] {
        let changed = dashboard::builder().env(name, value).start();
        call(&changed, &cookie, "GET", "/apps", None).assert_problem(401, "session cookie");
        assert_eq!(session(&changed, &cookie)["signed_in"], false);
        let _ = changed.wait_for_log("the reason", |line| {
            line["reason"] == "the session cookie is not signed with the secrets of this server"
        });
    }
}

#[test]
fn over_tls_the_cookie_is_sent_over_tls_alone() {
    let authority = Authority::new();
    let certificate = authority.issue("ws.test");
    let server = dashboard::builder()
        .listen(["tls://127.0.0.1:0", "127.0.0.1:0"])
        .env("CLAIRON_TLS_CERTIFICATE", certificate.chain())
        .env("CLAIRON_TLS_KEY", certificate.key())
        .start();
    let body = json!({ "password": PASSWORD }).to_string();
    let request = |headers: &str| {
        let size = body.len();
        format!(
            "POST /admin/api/session HTTP/1.1\r\nHost: ws.test\r\nContent-Type: application/json\r\n{headers}\
             Content-Length: {size}\r\n\r\n{body}"
        )
    };
    let places: Vec<_> = server.listens().iter().map(|place| place.trim_start_matches("tls://").to_owned()).collect();
    let client = TlsClient::new(&authority.file(), "ws.test");
    let tls = HttpConnection::over(client.connect(places[0].as_str()).unwrap());
    for (mut connection, headers, is_secure) in [
        (tls, "", true),
        (HttpConnection::to(&places[1]), "", false),
        (HttpConnection::to(&places[1]), "Origin: http://ws.test\r\n", false),
        // The page of a browser behind a proxy that ends TLS.
        (HttpConnection::to(&places[1]), "Origin: https://ws.test\r\n", true),
    ] {
        connection.write(request(headers));
        let response = connection.response();
        let set = response.header("set-cookie").unwrap();
        assert_eq!(set.split("; ").any(|attribute| attribute == "Secure"), is_secure, "{headers} {set}");
    }
}

#[test]
fn the_cookie_has_the_prefix_in_its_path() {
    let server = dashboard::builder().env("CLAIRON_SERVER_PATH_PREFIX", "/ws").start();
    let response = try_to_sign_in(&server, &json!({ "password": PASSWORD }), "");
    assert!(response.header("set-cookie").unwrap().contains("; Path=/ws/admin/api; "), "{response:?}");
    let mut connection = HttpConnection::open(&server);
    connection.write(format!("GET /ws/admin/api/apps HTTP/1.1\r\nHost: localhost\r\n{}\r\n", cookie(&response)));
    assert_eq!(connection.response().status, 200);
}

#[test]
fn a_sign_in_has_one_credential_as_json() {
    let server = dashboard::builder().start();
    for body in
        [json!({}), json!({ "password": 1 }), json!({ "password": PASSWORD, "token": "x" }), json!({ "x": "y" })]
    {
        let refused = try_to_sign_in(&server, &body, "");
        assert_eq!((refused.status, refused.header("set-cookie")), (422, None), "{refused:?}");
        assert!(!refused.body.contains(PASSWORD));
    }
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    admin::request(&server, "POST", "/session", form, "password=x").assert_problem(415, "JSON");
    let huge = json!({ "password": "x".repeat(70_000) });
    assert_eq!(try_to_sign_in(&server, &huge, "").status, 413);
    for (method, allowed) in [("PUT", "GET,HEAD,POST,DELETE"), ("OPTIONS", "GET,HEAD,POST,DELETE")] {
        let refused = admin::request(&server, method, "/session", OWN_PAGE, "");
        refused.assert_problem(405, method);
        assert_eq!(refused.header("allow"), Some(allowed));
    }
    let mut connection = HttpConnection::open(&server);
    connection.write("HEAD /admin/api/session HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(connection.head().status, 200);
}
