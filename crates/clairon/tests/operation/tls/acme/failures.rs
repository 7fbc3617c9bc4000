//! Refusals and rate limits of the authority.

use std::fs;

use clairon_test_servers::{Nginx, REFUSED_DOMAIN};
use rustix::process::Signal;

use super::{Authority, LONG, is_failure, is_new};

#[test]
fn a_refused_name_does_not_harm_others_and_a_signal_repeats_the_attempt() {
    let authority = Authority::new(LONG);
    let server = authority.server(&format!("{REFUSED_DOMAIN},ws.test")).start();
    let line = server.wait_for_log("a failed attempt", is_failure);
    assert_eq!((&line["certificate"], &line["failures"]), (&REFUSED_DOMAIN.into(), &1.into()));
    assert!(line["error"].as_str().unwrap().starts_with("the authority refuses: "), "{line}");
    let _ = server.wait_for_log("a new certificate", |line| is_new(line) && line["certificate"] == "ws.test");
    let _ = authority.certificate(&server, "ws.test");
    // From the second failure on the pause is minutes.
    let _ = server.wait_for_log("the second failure", |line| is_failure(line) && line["failures"] == 2);
    server.signal(Signal::HUP);
    let _ = server.wait_for_log("the third failure", |line| is_failure(line) && line["failures"] == 3);
}

#[test]
fn at_a_rate_limit_the_next_attempt_is_when_the_authority_says() {
    let mut authority = Authority::new(LONG);
    let is_limited = authority.folder.path().join("limited");
    fs::write(&is_limited, "").unwrap();
    // nginx answers as Let's Encrypt does.
    let problem = r#"{"type":"urn:ietf:params:acme:error:rateLimited","detail":"too many orders","status":429}"#;
    let directives = format!(
        "location / {{ proxy_pass https://127.0.0.1:{}; proxy_set_header Host $http_host; }} \
         location = /order-plz {{ if (-f {}) {{ return 429 '{problem}'; }} default_type application/problem+json; \
         add_header Retry-After 2 always; proxy_pass https://127.0.0.1:{0}; proxy_set_header Host $http_host; }}",
        authority.pebble.port(),
        is_limited.display()
    );
    let nginx = Nginx::start_with_tls(authority.pebble.certificate(), &directives);
    authority.port = nginx.port;
    let server = authority.server("ws.test").start();
    let line = server.wait_for_log("a failed attempt", is_failure);
    let error = "the authority's rate limit is reached: too many orders (rateLimited)";
    assert_eq!(line["error"], error, "{line}");
    // Without that, the pause would be an hour.
    let _ = server.wait_for_log("the second attempt", |line| is_failure(line) && line["failures"] == 2);
    fs::remove_file(&is_limited).unwrap();
    let _ = server.wait_for_log("a new certificate", is_new);
    let _ = authority.certificate(&server, "ws.test");
}
