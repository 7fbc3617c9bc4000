//! Guessing passwords, and floods of sign-ins.

use std::thread;

use clairon_test_servers::until;
use clairon_tests::admin::{self, TOKEN};
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::dashboard::{self, PASSWORD, call, sign_in, try_to_sign_in};
use clairon_tests::server::Server;
use serde_json::json;

/// An Argon2 hash of [`PASSWORD`] that takes 64 MiB and some tenths of a second.
const DEAR_HASH: &str =
    "$argon2id$v=19$m=65536,t=4,p=1$Y3BTcWp3bmVnMTFGaHNwQg$0qMWYnjmzOUIB+PZnKXQjIjZOVVyBBCE6yj33bd5YT8";

#[test]
fn an_address_has_a_few_attempts() {
    let server = dashboard::builder()
        .env("CLAIRON_ADMIN_TOKEN", TOKEN)
        .env("CLAIRON_SERVER_TRUSTED_PROXIES", "127.0.0.1")
        .start();
    let cookie = sign_in(&server, PASSWORD);
    let guess = |address: &str, number: usize| {
        let field = ["password", "token", "link"][number % 3];
        let guess = json!({ field: format!("guess number {number}") });
        try_to_sign_in(&server, &guess, &format!("X-Forwarded-For: {address}\r\n"))
    };
    for number in 0..20 {
        guess("192.0.2.1", number).assert_problem(401, "");
    }
    let refused = (20..40).map(|number| guess("192.0.2.1", number)).find(|response| response.status != 401).unwrap();
    refused.assert_problem(429, "Too many attempts");
    let seconds: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=3).contains(&seconds), "{seconds}");
    // The right one does not get through either, which would tell a guesser that it is right. An attempt is given back
    // every three seconds.
    let right = || try_to_sign_in(&server, &json!({ "password": PASSWORD }), "X-Forwarded-For: 192.0.2.1\r\n");
    until("the right one is refused", right, |right| right.status == 429).assert_problem(429, "Too many attempts");
    // Other addresses do, and so do sessions and tokens.
    assert_eq!(try_to_sign_in(&server, &json!({ "password": PASSWORD }), "X-Forwarded-For: 192.0.2.2\r\n").status, 200);
    let from = "X-Forwarded-For: 192.0.2.1\r\n";
    for access in [cookie, format!("Authorization: Bearer {TOKEN}\r\n")] {
        assert_eq!(admin::request(&server, "GET", "/apps", &format!("{access}{from}"), "").status, 200);
    }
    let line = server.wait_for_log("the refusal", |line| line["code"] == 429);
    assert_eq!(line["peer"], "192.0.2.1");
    assert!(server.log().lines().iter().all(|line| !line.to_string().contains("guess number")));
}

#[test]
fn a_loopback_address_has_no_more() {
    let server = dashboard::builder().start();
    let guess = || try_to_sign_in(&server, &json!({ "password": "a wrong password" }), "").status;
    assert!((0..40).any(|_| guess() == 429));
}

#[test]
fn a_flood_of_sign_ins_delays_no_event() {
    let app = App::new("flood");
    let server = Server::builder()
        .app(app.clone())
        .env("CLAIRON_DASHBOARD_PASSWORD", DEAR_HASH)
        .env("CLAIRON_SERVER_TRUSTED_PROXIES", "127.0.0.1")
        .start();
    let mut client = Client::connect(&server, &app);
    client.subscribe("news");
    thread::scope(|scope| {
        for number in 0..12 {
            let server = &server;
            scope.spawn(move || {
                let from = format!("X-Forwarded-For: 192.0.2.{number}\r\n");
                let response = try_to_sign_in(server, &json!({ "password": "a wrong password" }), &from);
                assert!([401, 429].contains(&response.status), "{response:?}");
            });
        }
        for _ in 0..50 {
            clairon_tests::api::trigger(&server, &app, "news", "e", "x");
            client.expect("e");
        }
    });
    let cookie = sign_in(&server, PASSWORD);
    assert_eq!(call(&server, &cookie, "GET", "/apps", None).status, 200);
}
