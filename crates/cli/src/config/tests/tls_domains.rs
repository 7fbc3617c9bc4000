//! Where a server listens that gets its certificates by itself.

use super::{listen, load_environment, load_to_serve, problems};
use crate::config::{Settings, Sources};

const DOMAINS: (&str, &str) = ("CLAIRON_TLS_DOMAINS", "ws.example.com, WS.example.com,b.example.com");

#[test]
fn a_domain_is_all_that_a_public_server_needs() {
    let flags = vec![("--tls-domain", "tls.domains", "ws.example.com".to_owned())];
    let settings = Settings::load(Sources { flags, ..Sources::default() }).unwrap();
    assert_eq!(listen(&settings), ["tls://*:443"]);
    assert_eq!(settings.redirect_listen.unwrap().to_string(), "*:80");
    let acme = settings.server.tls.acme.unwrap();
    assert_eq!((acme.domains, acme.renew_days), (vec!["ws.example.com".to_owned()], 30));
    assert_eq!(acme.directory, "https://acme-v02.api.letsencrypt.org/directory");
}

#[test]
fn another_place_is_kept_and_has_no_port_80() {
    let places = |variables: &[(&str, &str)]| {
        let settings = load_to_serve(&[&[DOMAINS], variables].concat()).unwrap();
        (listen(&settings), settings.redirect_listen.map(|redirect| redirect.to_string()))
    };
    let http = |text: &str| Some(text.to_owned());
    assert_eq!(places(&[("CLAIRON_HOST", "192.0.2.7")]), (vec!["tls://192.0.2.7:443".into()], http("192.0.2.7:80")));
    assert_eq!(places(&[("CLAIRON_PORT", "6001")]), (vec!["tls://*:6001".into()], None));
    assert_eq!(places(&[("CLAIRON_PORT", "443")]), (vec!["tls://*:443".into()], http("*:80")));
    // The port of another server's variable is that of a server behind a proxy.
    assert_eq!(places(&[("REVERB_SERVER_PORT", "8080")]), (vec!["tls://*:443".into()], http("*:80")));
    let listens = ("CLAIRON_SERVER_LISTEN", "tls://*:443,127.0.0.1:6001");
    assert_eq!(places(&[listens]), (vec!["tls://*:443".into(), "127.0.0.1:6001".into()], None));
    assert_eq!(places(&[]).0, ["tls://*:443"]);
}

#[test]
fn names_are_checked_and_listed_once() {
    let acme = load_environment(&[DOMAINS]).unwrap().server.tls.acme.unwrap();
    assert_eq!(acme.domains, ["ws.example.com", "b.example.com"]);
    assert!(load_environment(&[]).unwrap().server.tls.acme.is_none());
    for (name, value, word) in [
        ("CLAIRON_TLS_DOMAINS", "*.example.com", "wildcard"),
        ("CLAIRON_TLS_ACME_DIRECTORY", "http://ca.test/directory", "https"),
        ("CLAIRON_TLS_ACME_EMAIL", "nobody", "admin@example.com"),
        ("CLAIRON_TLS_ACME_CA_FILE", "/missing.pem", "cannot be read"),
        ("CLAIRON_TLS_ACME_RENEW_DAYS", "0", "from 1 to 365"),
    ] {
        let problems = problems(load_environment(&[(name, value)]));
        assert!(problems.len() == 1 && problems[0].contains(word), "{problems:?}");
    }
}
