//! Certificates that the server gets by itself, from a real ACME server.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod failures;
mod first;
mod public;
mod renewal;

use std::fs;

use clairon_test_servers::{Pebble, PebbleSettings, free_port, until};
use clairon_tests::http::HttpConnection;
use clairon_tests::server::{Builder, Server};
use clairon_tests::transport::TlsClient;
use serde_json::Value;
use tempfile::TempDir;

use super::app;

/// A lifetime of certificates that no test outlasts, in seconds.
const LONG: u32 = 86_400;

/// An ACME server that checks names at the ports of one server, and the database of the servers.
struct Authority {
    pebble: Pebble,
    ports: PebbleSettings,
    /// The port of the directory.
    port: u16,
    folder: TempDir,
}

impl Authority {
    fn new(lifetime_seconds: u32) -> Self {
        Self::with(PebbleSettings { tls_port: free_port(), http_port: free_port(), lifetime_seconds })
    }

    fn with(ports: PebbleSettings) -> Self {
        let (pebble, folder) = (Pebble::start(ports), tempfile::tempdir().unwrap());
        let port = pebble.port();
        let roots = TlsClient::new(&pebble.authorities(), "127.0.0.1").connect(("127.0.0.1", pebble.management_port()));
        let root = HttpConnection::over(roots.unwrap()).get("/roots/0").body;
        fs::write(folder.path().join("root.pem"), root).unwrap();
        Self { pebble, ports, port, folder }
    }

    /// A server at the ports that are checked.
    fn server(&self, domains: &str) -> Builder {
        let PebbleSettings { tls_port, http_port, .. } = self.ports;
        self.server_at([&format!("tls://127.0.0.1:{tls_port}"), &format!("127.0.0.1:{http_port}")], domains)
    }

    fn server_at<const N: usize>(&self, listen: [&str; N], domains: &str) -> Builder {
        self.customer(Server::builder().listen(listen)).env("CLAIRON_TLS_DOMAINS", domains)
    }

    /// A server that gets its certificates from this authority.
    fn customer(&self, server: Builder) -> Builder {
        server
            .app(app())
            .database(format!("sqlite://{}", self.folder.path().join("clairon.db").display()))
            .env("CLAIRON_TLS_ACME_DIRECTORY", self.pebble.directory_at(self.port))
            .env("CLAIRON_TLS_ACME_CA_FILE", self.pebble.authorities())
            .env("CLAIRON_METRICS_LISTEN", "127.0.0.1:0")
    }

    /// A client that trusts the authority.
    fn client(&self, domain: &str) -> TlsClient {
        TlsClient::new(&self.folder.path().join("root.pem").display().to_string(), domain)
    }

    /// The certificate that a server sends for a name, once it has one.
    fn certificate(&self, server: &Server, domain: &str) -> Vec<u8> {
        let client = self.client(domain);
        let shown = || client.connect(tls_address(server)).map(|transport| transport.certificates().swap_remove(0));
        until("a certificate", shown, Result::is_ok).unwrap()
    }
}

/// The address of a server's TLS listener.
fn tls_address(server: &Server) -> String {
    let listen = server.listens().iter().find_map(|place| place.strip_prefix("tls://"));
    listen.unwrap().to_owned()
}

/// True for the line about a new certificate.
fn is_new(line: &Value) -> bool {
    line["message"] == "a new certificate from the authority"
}

/// True for the line about a failed attempt.
fn is_failure(line: &Value) -> bool {
    line["level"] == "WARN" && line["next_attempt"].is_string()
}
