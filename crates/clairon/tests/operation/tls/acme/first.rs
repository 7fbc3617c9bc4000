//! The first certificates, and the nodes that share them.

use clairon_test_servers::{PebbleSettings, free_port};
use clairon_tests::client::Client;
use clairon_tests::http::{self, HttpConnection};

use super::super::connect;
use super::{Authority, LONG, is_failure, is_new, tls_address};

#[test]
fn a_certificate_comes_by_a_handshake_and_is_kept() {
    let authority = Authority::new(LONG);
    let server = authority.server("ws.test").env("CLAIRON_LOG", "debug").start();
    let line = server.wait_for_log("a new certificate", is_new);
    assert_eq!(line["certificate"], "ws.test");
    let certificate = authority.certificate(&server, "ws.test");
    let transport = authority.client("ws.test").connect(tls_address(&server)).unwrap();
    let mut client: Client = connect(HttpConnection::over(transport));
    client.expect_nothing();
    assert!(!server.log().lines().iter().any(is_failure));

    // Secrets are not logged, and the challenge is over.
    let log = format!("{:?}", server.log().lines());
    assert!(!log.contains("PRIVATE KEY") && !log.contains("key_pkcs8"), "{log}");
    let alpn = authority.client("ws.test").alpn(&["acme-tls/1"]).connect(tls_address(&server));
    assert!(alpn.unwrap_err().to_string().contains("AccessDenied"));
    let answer = http::get(&server, "/.well-known/acme-challenge/unknown");
    answer.assert_refused(404, "No certificate authority waits for this token");

    // A server that starts again has it.
    assert!(server.terminate().success());
    let server = authority.server("ws.test").start();
    assert_eq!(authority.certificate(&server, "ws.test"), certificate);
    assert!(!server.log().lines().iter().any(is_new));
}

#[test]
fn a_certificate_comes_by_a_request_if_the_handshake_fails() {
    // Nothing listens on the port of handshakes.
    let ports = PebbleSettings { tls_port: free_port(), http_port: free_port(), lifetime_seconds: LONG };
    let authority = Authority::with(ports);
    let http = format!("127.0.0.1:{}", ports.http_port);
    let server = authority.server_at(["tls://127.0.0.1:0", &http], "ws.test").start();
    let line = server.wait_for_log("a failed attempt", is_failure);
    assert!(line["error"].as_str().unwrap().contains("on port 443: "), "{line}");
    let _ = server.wait_for_log("a new certificate", is_new);
    let _ = authority.certificate(&server, "ws.test");
}

#[test]
fn nodes_share_the_certificates_and_one_gets_them() {
    let authority = Authority::new(LONG);
    let domains = ["a.test", "b.test", "c.test"];
    // The authority reaches the first node alone, whichever node orders.
    let nodes = [authority.server(&domains.join(",")), authority.server_at(["tls://127.0.0.1:0"], &domains.join(","))];
    let nodes = nodes.map(clairon_tests::server::Builder::start);
    for domain in domains {
        let [one, other] = nodes.each_ref().map(|node| authority.certificate(node, domain));
        assert_eq!(one, other, "{domain}");
    }
    let lines = nodes.each_ref().map(|node| node.log().lines()).concat();
    assert_eq!(lines.iter().filter(|line| is_new(line)).count(), domains.len(), "{lines:?}");
    assert!(!lines.iter().any(is_failure), "{lines:?}");
}
