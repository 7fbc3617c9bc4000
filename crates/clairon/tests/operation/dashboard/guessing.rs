//! Guessing passwords, and floods of sign-ins.

use std::thread;

use clairon_test_servers::until;
use clairon_tests::admin::{self, TOKEN};
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::dashboard::{self, PASSWORD, call, cookie_named, sign_in, try_to_sign_in};
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
fn all_addresses_together_have_some_attempts_and_cannot_lock_operators_out() {
    let server = dashboard::builder().env("CLAIRON_SERVER_TRUSTED_PROXIES", "127.0.0.1").start();
    let right = json!({ "password": PASSWORD });
    let operator = "X-Forwarded-For: 198.51.100.7\r\n";
    let signed_in = try_to_sign_in(&server, &right, operator);
    let mark = cookie_named(&signed_in, "clairon_known");
    let set = signed_in.header_values("set-cookie").find(|set| set.starts_with("clairon_known=")).unwrap();
    assert!(set.ends_with("; Path=/admin/api; Max-Age=7776000; HttpOnly; SameSite=Strict"), "{set}");

    // Each of many addresses tries a few passwords.
    let guess = |number: usize| {
        let from = format!("X-Forwarded-For: 192.0.2.{}\r\n", number % 250);
        try_to_sign_in(&server, &json!({ "password": format!("guess number {number}") }), &from)
    };
    let statuses: Vec<u16> = (0..400).map(|number| guess(number).status).collect();
    assert!(statuses[..50].iter().all(|status| *status == 401), "{statuses:?}");
    let refused = statuses.iter().filter(|status| **status == 429).count();
    assert!(refused > 100, "{refused} of 400 are refused");
    let line = server.wait_for_log("the flood", |line| {
        line["message"].as_str().is_some_and(|text| text.starts_with("passwords are guessed from many addresses"))
    });
    assert_eq!((&line["level"], &line["per_minute"]), (&json!("WARN"), &json!(60)));

    let flooded = || until("a refusal", || guess(7), |response| response.status == 429);
    let response = flooded();
    response.assert_problem(429, "from all addresses together");
    assert_eq!(response.header("retry-after"), Some("1"));
    // The right password of an unknown browser waits like a wrong one.
    let unknown = || {
        let _ = flooded();
        try_to_sign_in(&server, &right, "X-Forwarded-For: 203.0.113.1\r\n")
    };
    let _ = until("the right password is refused", unknown, |response| response.status == 429);
    // A browser with the mark of a sign-in, and this machine, get through at once.
    let _ = flooded();
    assert_eq!(try_to_sign_in(&server, &right, &format!("{operator}{mark}")).status, 200);
    let _ = flooded();
    assert_eq!(try_to_sign_in(&server, &right, "").status, 200);
    // A mark gives no access, and one that was made up is none.
    let _ = flooded();
    admin::request(&server, "GET", "/apps", &mark, "").assert_problem(401, "");
    let forged = "Cookie: clairon_known=9999999999.00\r\n";
    let forged = || {
        let _ = flooded();
        try_to_sign_in(&server, &right, &format!("X-Forwarded-For: 203.0.113.2\r\n{forged}"))
    };
    let _ = until("a forged mark is refused", forged, |response| response.status == 429);
}

#[test]
fn a_proxy_on_this_machine_uses_up_no_attempt_of_this_machine() {
    let server = dashboard::builder().start();
    let guess = || {
        let json = json!({ "password": "a wrong password" });
        try_to_sign_in(&server, &json, "X-Forwarded-For: 192.0.2.1\r\n").status
    };
    assert!((0..60).any(|_| guess() == 429));
    assert_eq!(try_to_sign_in(&server, &json!({ "password": PASSWORD }), "").status, 200);
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
