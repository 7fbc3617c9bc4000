//! Access to the admin API.

use clairon_tests::admin::{self, TOKEN};
use clairon_tests::app::App;
use clairon_tests::http::{get, request};
use clairon_tests::server::Server;

#[test]
fn without_a_token_in_the_settings_it_is_off_and_says_so() {
    let server = Server::start(App::new("off"));
    for path in ["", "/", "/apps", "/openapi.json", "/what/ever"] {
        for method in ["GET", "DELETE"] {
            let response = admin::call(&server, method, path, None);
            response.assert_problem(404, "CLAIRON_ADMIN_TOKEN");
        }
    }
}

#[test]
fn without_the_token_a_request_gets_nowhere() {
    let server = admin::builder().app(App::new("closed")).start();
    let basic = format!("Basic {TOKEN}");
    let short = &TOKEN[1..];
    let cases = [
        ("GET", "/apps", None, "there is no Authorization header"),
        ("GET", "/apps", Some(basic.as_str()), "the Authorization header is not `Bearer TOKEN`"),
        ("POST", "/apps", Some("Bearer x"), "the bearer token (1 bytes) is not the one in the settings"),
        (
            "DELETE",
            "/apps/1",
            Some(&format!("Bearer {short}")),
            "the bearer token (31 bytes) is not the one in the settings",
        ),
        ("GET", "/no/such/path", Some("Bearer"), "the Authorization header is not `Bearer TOKEN`"),
    ];
    for (method, path, authorization, reason) in cases {
        let header = authorization.map(|value| format!("Authorization: {value}\r\n")).unwrap_or_default();
        let response = admin::request(&server, method, path, &header, "");
        response.assert_problem(401, "Authorization: Bearer TOKEN");
        let challenge = response.header("www-authenticate").unwrap();
        assert!(challenge.starts_with("Bearer realm="), "{challenge}");
        assert_eq!(
            challenge.contains("invalid_token"),
            reason.contains("is not the one in the settings"),
            "{challenge}"
        );
        let line = server.wait_for_log(reason, |line| line["reason"] == reason);
        assert_eq!(line["code"], 401, "{line}");
    }
    assert!(server.log().lines().iter().all(|line| !line.to_string().contains(short)));
}

#[test]
fn the_scheme_may_be_spelt_in_any_case() {
    let server = admin::builder().start();
    let header = format!("authorization: bEARER  {TOKEN}\r\n");
    assert_eq!(admin::request(&server, "GET", "/apps", &header, "").status, 200);
}

#[test]
fn it_is_none_of_other_sites_business() {
    let server = admin::builder().start();
    let origin = "Origin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\n";
    for target in ["/admin", "/admin/", "/admin/x", "/admin/api", "/admin/api/apps", "/admin/api/openapi.json"] {
        for method in ["OPTIONS", "GET"] {
            let headers = request(&server, method, target, origin).headers;
            assert!(headers.iter().all(|(name, _)| !name.starts_with("access-control")), "{target}: {headers:?}");
            assert!(headers.contains(&("cache-control".to_owned(), "no-store".to_owned())), "{target}: {headers:?}");
        }
    }
    let pusher = request(&server, "OPTIONS", "/apps/1/events", origin);
    assert_eq!(pusher.header("access-control-allow-origin"), Some("*"));
}

#[test]
fn it_is_below_the_prefix_of_the_server() {
    let server = admin::builder().env("CLAIRON_SERVER_PATH_PREFIX", "/ws").start();
    let token = format!("Authorization: Bearer {TOKEN}\r\n");
    assert_eq!(request(&server, "GET", "/ws/admin/api/apps", &token).status, 200);
    assert_eq!(request(&server, "GET", "/admin/api/apps", &token).status, 200);
    let description = get(&server, "/ws/admin/api/openapi.json").ok();
    assert_eq!(description["servers"][0]["url"], "/ws/admin/api");
}

#[test]
fn paths_and_methods_that_are_none() {
    let server = admin::builder().start();
    for path in ["", "/", "/x", "/apps/", "/apps/a/b", "/apps/1/keys/2/3"] {
        admin::call(&server, "GET", path, None).assert_problem(404, "no such path");
    }
    for (method, path, allowed) in [
        ("PUT", "/apps", "GET,HEAD,POST"),
        ("OPTIONS", "/apps/1", "GET,HEAD,PATCH,DELETE"),
        ("GET", "/apps/1/enable", "POST"),
        ("GET", "/apps/1/keys", "POST"),
        ("TRACE", "/openapi.json", "GET,HEAD"),
    ] {
        let response = admin::call(&server, method, path, None);
        response.assert_problem(405, method);
        assert_eq!(response.header("allow"), Some(allowed), "{path}");
    }
}
