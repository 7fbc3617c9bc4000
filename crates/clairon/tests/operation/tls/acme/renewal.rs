//! The renewal of certificates.

use clairon_test_servers::{Proxy, until};
use clairon_tests::http::{self, HttpConnection};
use clairon_tests::metrics::Page;

use super::super::connect;
use super::{Authority, is_failure, is_new, tls_address};

#[test]
fn a_certificate_is_renewed_before_it_expires_without_dropping_anyone() {
    let authority = Authority::new(18);
    let server = authority.server("ws.test").start();
    let first = authority.certificate(&server, "ws.test");
    let transport = authority.client("ws.test").connect(tls_address(&server)).unwrap();
    let mut before = connect(HttpConnection::over(transport));
    let _ = until("the next certificate", || authority.certificate(&server, "ws.test"), |shown| *shown != first);
    before.expect_nothing();
    assert!(!server.log().lines().iter().any(is_failure));
}

#[test]
fn while_the_authority_is_away_the_certificate_stays_in_use() {
    let mut authority = Authority::new(36);
    let proxy = Proxy::start(authority.pebble.port());
    authority.port = proxy.port();
    let server = authority.server("ws.test").start();
    let first = authority.certificate(&server, "ws.test");
    proxy.cut();
    let line = server.wait_for_log("a failed attempt", is_failure);
    assert!(line["message"].as_str().unwrap().contains("the present one stays in use"), "{line}");
    assert!(line["error"].as_str().unwrap().starts_with("the authority does not work: "), "{line}");
    let label = [("certificate", "ws.test")];
    let failures = || Page::of(&server).value("clairon_certificate_failures", &label);
    let _ = until("the failure in the metrics", failures, |failures| *failures >= 1.0);
    assert!(Page::of(&server).value("clairon_certificate_expiry_seconds", &label) < 36.0);
    assert_eq!(http::get(&server, "/health").ok()["failing_certificates"][0], "ws.test");
    assert_eq!(authority.certificate(&server, "ws.test"), first);

    proxy.mend();
    let _ = server.log().wait_for_count("the second certificate", 2, is_new);
    let _ = until("no failure", failures, |failures| *failures == 0.0);
    assert_eq!(http::get(&server, "/health").ok()["failing_certificates"], serde_json::Value::Null);
}
