//! The choice of certificates, and changes of their files.

use std::fs;

use clairon_test_servers::certificates::{Authority, Certificate};
use clairon_test_servers::until;
use clairon_tests::http::{self, HttpConnection};
use clairon_tests::metrics::Page;
use clairon_tests::server::Server;
use clairon_tests::transport::{TlsClient, certificate_in};

use super::{NAME, Site, app, connect};

fn der(certificate: &Certificate) -> Vec<u8> {
    certificate_in(&certificate.chain())
}

/// The certificate that the server sends to this client.
fn shown(server: &Server, client: &TlsClient) -> Vec<u8> {
    HttpConnection::tls(server, client).transport().certificates().swap_remove(0)
}

#[test]
fn clients_get_the_certificate_of_the_name_that_they_ask_for() {
    let site = Site::new();
    let [other, wild] = ["other.test", "*.shop.test"].map(|name| site.authority.issue(name));
    let pairs = [&other, &wild].map(|pair| format!("{}:{}", pair.chain(), pair.key())).join(",");
    let server = site.server().env("CLAIRON_TLS_CERTIFICATES", pairs).start();
    let asks = |name: &str| shown(&server, &TlsClient::new(&site.authority.file(), name));
    assert_eq!(asks(NAME), der(&site.certificate));
    assert_eq!(asks("other.test"), der(&other));
    assert_eq!(asks("a.shop.test"), der(&wild));
    // A client that asks for another name gets the first certificate, and refuses it.
    let error =
        TlsClient::new(&site.authority.file(), "nobody.test").connect((server.host(), server.port())).unwrap_err();
    assert!(error.to_string().contains("not valid for name"), "{error}");
}

#[test]
fn a_new_certificate_is_taken_without_dropping_anyone() {
    let site = Site::new();
    let server = site.server().start();
    let mut before = connect(HttpConnection::tls(&server, &site.client()));
    let new = site.authority.issue(NAME);
    site.certificate.replace_by(&new);
    until("the new certificate", || shown(&server, &site.client()), |shown| *shown == der(&new));
    let _ = server.wait_for_log("a new certificate", |line| line["message"] == "a new certificate is in use");
    before.expect_nothing();
    let mut after = connect(HttpConnection::tls(&server, &site.client()));
    after.expect_nothing();
}

#[test]
fn a_broken_certificate_keeps_the_old_one() {
    let site = Site::new();
    let server = site.server().start();
    let first = der(&site.certificate);
    // The key of another certificate.
    fs::copy(site.authority.issue(NAME).key(), site.certificate.key()).unwrap();
    let is_wanted =
        |line: &serde_json::Value| line["error"].as_str().is_some_and(|error| error.contains("does not belong"));
    let line = server.wait_for_log("a warning", is_wanted);
    assert_eq!((&line["level"], line["message"].as_str().unwrap().contains("stays in use")), (&"WARN".into(), true));
    assert_eq!(shown(&server, &site.client()), first);
    // The key is repaired, and the new certificate is used.
    let new = site.authority.issue(NAME);
    site.certificate.replace_by(&new);
    until("the new certificate", || shown(&server, &site.client()), |shown| *shown == der(&new));
}

#[test]
fn metrics_show_what_is_left() {
    let site = Site::new();
    let server = site.server().env("CLAIRON_METRICS_LISTEN", "127.0.0.1:0").start();
    let left = Page::of(&server).value("clairon_certificate_expiry_seconds", &[("certificate", NAME)]);
    assert!(left > 86_400.0, "{left}");
}

#[test]
fn certificates_that_cannot_be_used_stop_the_start() {
    let site = Site::new();
    let self_signed = Certificate::self_signed(NAME);
    let (code, log) = site.server().env("CLAIRON_TLS_KEY", self_signed.key()).start_in_vain();
    assert_eq!(code, Some(2), "{log:?}");
    assert!(log.iter().any(|line| line.to_string().contains("the key does not belong to the certificate")), "{log:?}");
    let (code, log) = site.server().env("CLAIRON_TLS_CERTIFICATE", "/nowhere.pem").start_in_vain();
    assert_eq!(code, Some(2), "{log:?}");
    assert!(log.iter().any(|line| line.to_string().contains("/nowhere.pem cannot be read")), "{log:?}");
}

#[test]
fn an_end_that_is_near_is_warned_of() {
    let authority = Authority::new();
    let expired = authority.issue_expired(NAME);
    let server = Server::builder()
        .app(app())
        .listen(["127.0.0.1:0", "tls://127.0.0.1:0"])
        .env("CLAIRON_TLS_CERTIFICATE", expired.chain())
        .env("CLAIRON_TLS_KEY", expired.key())
        .start();
    let _ =
        server.wait_for_log("a warning", |line| line["level"] == "WARN" && line.to_string().contains("has expired"));
    // Commands use the listener without TLS.
    assert_eq!(http::get(&server, "/up").status, 200);
}
