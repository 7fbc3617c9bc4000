//! Certificates that browsers and PHP refuse, and unexpected TLS.

use clairon_test_servers::SharedServer;
use clairon_tests::app::App;
use clairon_tests::server::Server;

use super::project::Project;
use clairon_test_servers::Nginx;
use clairon_test_servers::certificates::{Authority, Certificate};

static SERVER: SharedServer<Server> = SharedServer::new(|| Server::start(App::new("secure")));

/// A project whose server is behind nginx with this certificate.
fn behind(nginx: &Nginx, authority: &Authority) -> Project {
    Project::new(&App::new("secure"), nginx.port)
        .set("PUSHER_HOST", "localhost")
        .set("PUSHER_SCHEME", "https")
        .environment("SSL_CERT_FILE", authority.file())
}

#[test]
fn certificates_that_are_refused() {
    let server = SERVER.get();
    let authority = Authority::new();
    let refused = |certificate: &Certificate, detail: &[&str], fix: &str| {
        let nginx = Nginx::with_tls(certificate, server.port());
        behind(&nginx, &authority).examine().only_failure("tls", detail, fix);
    };
    refused(&authority.issue_expired("localhost"), &["for localhost expired", "days ago"], "certbot renew");
    refused(
        &authority.issue("ws.example.test"),
        &["not for localhost", "ws.example.test"],
        "PUSHER_HOST=ws.example.test",
    );
    refused(&Certificate::self_signed("localhost"), &["self-signed", "cURL error 60"], "certbot");
    refused(&Authority::new().issue("localhost"), &["was issued by", "Nobody's Authority"], "fullchain.pem");
}

#[test]
fn a_certificate_that_is_good() {
    let server = SERVER.get();
    let authority = Authority::new();
    let nginx = Nginx::with_tls(&authority.issue("localhost"), server.port());
    assert!(behind(&nginx, &authority).examine().all_pass().contains(&"event"));
}

#[test]
fn a_server_with_tls_of_its_own() {
    let authority = Authority::new();
    let certificate = authority.issue("localhost");
    let server = Server::builder()
        .app(App::new("secure"))
        .listen(["tls://127.0.0.1:0"])
        .env("CLAIRON_TLS_CERTIFICATE", certificate.chain())
        .env("CLAIRON_TLS_KEY", certificate.key())
        .start();
    let project = || {
        let project = Project::new(server.app(), server.port()).environment("SSL_CERT_FILE", authority.file());
        project.set("PUSHER_HOST", "localhost")
    };
    let good = project().set("PUSHER_SCHEME", "https").examine();
    assert!(good.all_pass().contains(&"event"));
    assert!(good.detail("tls").ends_with(" more days"), "{}", good.detail("tls"));
    project().examine().only_failure("tls", &["speaks TLS, but the scheme is http"], "PUSHER_SCHEME=https");
}

#[test]
fn tls_where_none_is_expected() {
    let server = SERVER.get();
    let nginx = Nginx::with_tls(&Certificate::self_signed("localhost"), server.port());
    let examination = Project::new(server.app(), nginx.port).examine();
    examination.only_failure("tls", &["speaks TLS, but the scheme is http"], "PUSHER_SCHEME=https");
}

#[test]
fn no_tls_where_it_is_expected() {
    let examination = Project::of(&SERVER.get()).set("PUSHER_SCHEME", "https").examine();
    examination.only_failure("tls", &["does not speak TLS, but the scheme is https"], "PUSHER_SCHEME=http");
}

#[test]
fn a_server_that_cannot_renew_its_certificates() {
    let authority = Authority::new();
    let certificate = authority.issue("localhost");
    let server = Server::builder()
        .app(App::new("secure"))
        .listen(["tls://127.0.0.1:0"])
        .env("CLAIRON_TLS_CERTIFICATE", certificate.chain())
        .env("CLAIRON_TLS_KEY", certificate.key())
        .env("CLAIRON_TLS_DOMAINS", "ws.example.test")
        // Nothing listens there.
        .env("CLAIRON_TLS_ACME_DIRECTORY", "https://127.0.0.1:1/directory")
        .start();
    let _ = server.wait_for_log("a failed attempt", |line| line["next_attempt"].is_string());
    let project = Project::new(server.app(), server.port()).environment("SSL_CERT_FILE", authority.file());
    let examination = project.set("PUSHER_HOST", "localhost").set("PUSHER_SCHEME", "https").examine();
    examination.only_warning("tls", &["cannot get or renew", "ws.example.test"], "the server's log");
}
