//! Pebble, an ACME server for tests, with a DNS server that resolves every name to 127.0.0.1.

#![expect(clippy::unwrap_used, reason = "where a preparation fails, the test has failed")]

use std::{fs, net::TcpStream, process::Command};

use tempfile::TempDir;

use crate::{
    certificates::{Authority, Certificate},
    process::{Process, free_port, temporary_folder},
    wait::eventually,
};

/// The name that Pebble refuses.
pub const REFUSED_DOMAIN: &str = "refused.test";

/// A running ACME server.
pub struct Pebble {
    _server: Process,
    _names: Process,
    authority: Authority,
    certificate: Certificate,
    port: u16,
    management_port: u16,
    _folder: TempDir,
}

/// The parameters of an ACME server.
#[derive(Clone, Copy, Debug)]
pub struct PebbleSettings {
    /// The port of TLS-ALPN-01 in place of 443.
    pub tls_port: u16,
    /// The port of HTTP-01 in place of 80.
    pub http_port: u16,
    /// The lifetime of certificates, in seconds.
    pub lifetime_seconds: u32,
}

impl Pebble {
    /// Starts an ACME server.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start(settings: PebbleSettings) -> Self {
        let PebbleSettings { tls_port, http_port, lifetime_seconds } = settings;
        let [port, management_port, names_port, names_management_port] = [(); 4].map(|()| free_port());
        let authority = Authority::new();
        let certificate = authority.issue("127.0.0.1");
        let folder = temporary_folder();
        let config = folder.path().join("pebble.json");
        let (chain, key) = (certificate.chain(), certificate.key());
        let text = format!(
            r#"{{"pebble": {{"listenAddress": "127.0.0.1:{port}", "managementListenAddress": "127.0.0.1:{management_port}",
            "certificate": "{chain}", "privateKey": "{key}", "tlsPort": {tls_port}, "httpPort": {http_port},
            "certificateValidityPeriod": {lifetime_seconds}, "domainBlocklist": ["{REFUSED_DOMAIN}"]}}}}"#
        );
        fs::write(&config, text).unwrap();
        let names = format!("127.0.0.1:{names_port}");
        let mut resolver = Command::new("pebble-challtestsrv");
        resolver.args(["-dns01", &names, "-management", &format!("127.0.0.1:{names_management_port}")]).args([
            "-http01",
            "",
            "-https01",
            "",
            "-tlsalpn01",
            "",
            "-defaultIPv6",
            "",
        ]);
        let resolver = Process::start(&mut resolver, "Starting management server");
        let mut server = Command::new("pebble");
        server
            .arg("-config")
            .arg(&config)
            .args(["-dnsserver", &names])
            .env("PEBBLE_VA_NOSLEEP", "1")
            // Each order needs a challenge.
            .env("PEBBLE_AUTHZREUSE", "0");
        let mut server = Process::start(&mut server, "ACME directory available");
        // It says so before it listens.
        eventually("Pebble listens", || {
            assert!(!server.has_ended(), "Pebble has ended");
            [port, management_port].iter().all(|port| TcpStream::connect(("127.0.0.1", *port)).is_ok())
        });
        Self { _server: server, _names: resolver, authority, certificate, port, management_port, _folder: folder }
    }

    /// The port of the directory.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The URL of the directory on a port, its own or that of a proxy in front of it.
    #[must_use]
    pub fn directory_at(&self, port: u16) -> String {
        format!("https://127.0.0.1:{port}/dir")
    }

    /// The file of the authority that has issued the server's own certificate.
    #[must_use]
    pub fn authorities(&self) -> String {
        self.authority.file()
    }

    /// The server's own certificate, for a proxy in front of it.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The port at which `/roots/0` is the root of the issued certificates.
    #[must_use]
    pub fn management_port(&self) -> u16 {
        self.management_port
    }
}
