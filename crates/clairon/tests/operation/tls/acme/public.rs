//! `clairon serve --tls-domain` on the ports 443 and 80, in a network of its own.

use clairon_test_servers::{PebbleSettings, free_port};
use clairon_tests::http::HttpConnection;
use clairon_tests::network::in_own_network;
use clairon_tests::server::Server;

use super::super::connect;
use super::{Authority, LONG, is_failure, is_new};

const NAME: &str = "ws.test";
const HOST: &str = "127.0.0.1";

/// An authority that makes handshakes at this port, and requests at port 80.
fn authority(tls_port: u16) -> Authority {
    Authority::with(PebbleSettings { tls_port, http_port: 80, lifetime_seconds: LONG })
}

/// A server with the name alone. The port is that which the name stands for.
fn server(authority: &Authority) -> Server {
    let server = authority.customer(Server::builder().host(None).port(443).arg("--tls-domain").arg(NAME)).start();
    let ports: Vec<_> = server.listens().iter().map(|place| place.rsplit(':').next().unwrap()).collect();
    assert_eq!(ports, ["443", "80"]);
    server
}

#[test]
fn a_public_server_needs_a_name_alone() {
    in_own_network("tls::acme::public::a_public_server_needs_a_name_alone", || {
        let authority = authority(443);
        let server = server(&authority);
        let _ = authority.certificate(&server, NAME);
        assert!(!server.log().lines().iter().any(is_failure));
        let mut client = connect(HttpConnection::over(authority.client(NAME).connect((HOST, 443)).unwrap()));
        client.expect_nothing();

        let mut plain = HttpConnection::to((HOST, 80));
        plain.write("GET /up?x=1 HTTP/1.1\r\nHost: ws.test\r\n\r\n");
        let answer = plain.response();
        assert_eq!((answer.status, answer.header("location")), (308, Some("https://ws.test/up?x=1")));
        let answer = plain.get("/.well-known/acme-challenge/unknown");
        answer.assert_refused(404, "No certificate authority waits for this token");
    });
}

#[test]
fn port_80_alone_is_enough_for_the_authority() {
    in_own_network("tls::acme::public::port_80_alone_is_enough_for_the_authority", || {
        // Nothing listens on the port of handshakes.
        let authority = authority(free_port());
        let server = server(&authority);
        let line = server.wait_for_log("a failed attempt", is_failure);
        assert!(line["error"].as_str().unwrap().contains("on port 443: "), "{line}");
        let _ = server.wait_for_log("a new certificate", is_new);
        let _ = authority.certificate(&server, NAME);
    });
}
