//! `clairon bench` over TLS.

use std::process::Command;

use clairon_test_servers::certificates::Authority;
use clairon_tests::server::{Server, binary};
use serde_json::Value;

use super::app;

#[test]
fn every_event_arrives_over_tls() {
    let authority = Authority::new();
    let certificate = authority.issue("127.0.0.1");
    let server = Server::builder()
        .app(app())
        .listen(["127.0.0.1:0", "tls://127.0.0.1:0"])
        .env("CLAIRON_TLS_CERTIFICATE", certificate.chain())
        .env("CLAIRON_TLS_KEY", certificate.key())
        .start();
    let port = |place: &String| place.rsplit(':').next().unwrap().to_owned();
    let [plain, tls] = [&server.listens()[0], &server.listens()[1]].map(port);
    let run = |authorities: &str| {
        let mut bench = Command::new(binary());
        bench.args(["bench", "--json", "--port", &plain, "--tls-port", &tls, "fanout", "--connections", "50"]);
        // Larger than one record of TLS.
        bench.args(["--payload", "40000", "--rate", "40", "--duration", "1"]);
        bench.args(["--app-id", &app().id, "--key", &app().key, "--secret", &app().secret]);
        bench.env("SSL_CERT_FILE", authorities).output().unwrap()
    };
    let output = run(&authority.file());
    let text = String::from_utf8_lossy(&output.stdout);
    let report: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {output:?}"));
    assert_eq!(report["server"]["deliveries_missing"], 0, "{text}");
    assert!(report["server"]["deliveries"].as_u64().unwrap() > 0, "{text}");

    let untrusted = run(&Authority::new().file());
    assert!(String::from_utf8_lossy(&untrusted.stderr).contains("invalid peer certificate"), "{untrusted:?}");
}
