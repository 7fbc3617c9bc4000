//! nginx as a reverse proxy.

#![expect(clippy::unwrap_used, reason = "where a preparation fails, the test has failed")]

use std::{
    fs,
    net::TcpStream,
    process::{Command, Stdio},
};

use tempfile::TempDir;

use crate::{
    certificates::Certificate,
    process::{Process, free_port, temporary_folder},
    wait::eventually,
};

/// The directives that a WebSocket needs.
pub const PASS_UPGRADE: &str = "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; \
                                       proxy_set_header Connection \"upgrade\"; proxy_set_header Host $http_host;";

/// A running nginx.
#[derive(Debug)]
pub struct Nginx {
    _process: Process,
    /// The port that it listens on.
    pub port: u16,
    _folder: TempDir,
}

impl Nginx {
    /// nginx without TLS, with `directives` in its server block.
    #[must_use]
    pub fn start(directives: &str) -> Self {
        Self::with("", directives)
    }

    /// nginx with TLS and a certificate, with `directives` in its server block.
    #[must_use]
    pub fn start_with_tls(certificate: &Certificate, directives: &str) -> Self {
        let tls = format!("ssl_certificate {}; ssl_certificate_key {};", certificate.chain(), certificate.key());
        Self::with(" ssl", &format!("{tls} {directives}"))
    }

    /// nginx with TLS and a certificate, in front of a port.
    #[must_use]
    pub fn with_tls(certificate: &Certificate, port: u16) -> Self {
        let location = format!("location / {{ proxy_pass http://127.0.0.1:{port}; {PASS_UPGRADE} }}");
        Self::start_with_tls(certificate, &location)
    }

    fn with(ssl: &str, directives: &str) -> Self {
        let (port, folder) = (free_port(), temporary_folder());
        let path = folder.path().display().to_string();
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("{name}_temp_path {path}/{name};"))
            .concat();
        let config = format!(
            "daemon off; master_process off; pid {path}/pid; error_log {path}/error.log;\nevents {{}}\n\
             http {{ access_log off; {temporary} server {{ listen 127.0.0.1:{port}{ssl}; {directives} }} }}\n"
        );
        let file = folder.path().join("nginx.conf");
        fs::write(&file, config).unwrap();
        let mut command = Command::new("/usr/sbin/nginx");
        command.arg("-c").arg(&file).args(["-p", &path]).stderr(Stdio::null());
        let mut process = Process::spawn(&mut command);
        eventually("nginx listens", || {
            let log = || fs::read_to_string(folder.path().join("error.log")).unwrap_or_default();
            assert!(!process.has_ended(), "nginx has ended: {}", log());
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        Self { _process: process, port, _folder: folder }
    }
}
