//! nginx, as it stands in front of a server: a private process on a free port, gone when the test is.

#![expect(clippy::unwrap_used, reason = "where a preparation fails, the test has failed")]

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::certificates::Certificate;
use crate::eventually;

/// What a proxy has to say so that a WebSocket gets through it.
pub const PASS_UPGRADE: &str = "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; \
                                       proxy_set_header Connection \"upgrade\"; proxy_set_header Host $http_host;";

/// A running nginx, killed when dropped.
#[derive(Debug)]
pub struct Nginx {
    process: Child,
    /// The port it listens on.
    pub port: u16,
    _folder: TempDir,
}

impl Nginx {
    /// nginx without TLS, with `directives` in its server.
    #[must_use]
    pub fn start(directives: &str) -> Self {
        Self::with("", directives)
    }

    /// nginx that ends TLS with a certificate, in front of a port.
    #[must_use]
    pub fn with_tls(certificate: &Certificate, port: u16) -> Self {
        let tls = format!("ssl_certificate {}; ssl_certificate_key {};", certificate.chain(), certificate.key());
        Self::with(" ssl", &format!("{tls} location / {{ proxy_pass http://127.0.0.1:{port}; {PASS_UPGRADE} }}"))
    }

    fn with(ssl: &str, directives: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().display().to_string();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("{name}_temp_path {path}/{name};"))
            .concat();
        let config = format!(
            "daemon off; master_process off; pid {path}/pid; error_log {path}/error.log;\nevents {{}}\n\
             http {{ access_log off; {temporary} server {{ listen 127.0.0.1:{port}{ssl}; {directives} }} }}\n"
        );
        let file = folder.path().join("nginx.conf");
        fs::write(&file, config).unwrap();
        let mut process = Command::new("/usr/sbin/nginx")
            .arg("-c")
            .arg(&file)
            .args(["-p", &path])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("starting nginx: {error}"));
        eventually("nginx", || {
            let log = || fs::read_to_string(folder.path().join("error.log")).unwrap_or_default();
            assert!(process.try_wait().unwrap().is_none(), "nginx has ended: {}", log());
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        Self { process, port, _folder: folder }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Both fail only for a process that has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
