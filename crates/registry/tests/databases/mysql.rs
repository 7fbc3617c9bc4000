//! What only MySQL and MariaDB have: users, TLS, privileges, time zones and deadlocks.

mod access;
mod deadlocks;
mod outages;
mod schema;
mod times;

use std::sync::Arc;

use clairon_protocol::AppId;
use clairon_registry::{App, open};
use clairon_test_servers::{
    MariaDb, SharedServer,
    certificates::{Authority, Certificate},
};

/// A server as in production: with a certificate, a binary log, and a local time zone.
struct Production {
    server: MariaDb,
    authority: Authority,
    _certificate: Certificate,
}

impl Production {
    /// The server that all running tests share.
    fn shared() -> Arc<Self> {
        static SERVER: SharedServer<Production> = SharedServer::new(Production::start);
        SERVER.get()
    }

    fn start() -> Self {
        let authority = Authority::new();
        let certificate = authority.issue("localhost");
        let (chain, key) = (format!("--ssl-cert={}", certificate.chain()), format!("--ssl-key={}", certificate.key()));
        let server = MariaDb::with(&[&chain, &key, "--log-bin"], &[("TZ", "Europe/Berlin")]);
        Self { server, authority, _certificate: certificate }
    }
}

fn app(id: &str) -> App {
    App { id: AppId::parse(id).unwrap(), ..App::random() }
}

async fn error(url: &str) -> String {
    open(url, 1).await.unwrap_err().to_string()
}
