//! What only MySQL and MariaDB have: users, TLS, privileges, time zones and deadlocks.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod access;
mod deadlocks;
mod outages;
mod schema;
mod times;

use std::sync::{Arc, LazyLock, Weak};

use clairon_protocol::AppId;
use clairon_registry::{App, open};
use clairon_tests::{
    certificates::{Authority, Certificate},
    mariadb::MariaDb,
};
use parking_lot::Mutex;

/// A server as in production: with a certificate, a binary log, and a local time zone.
struct Production {
    server: MariaDb,
    authority: Authority,
    _certificate: Certificate,
}

impl Production {
    /// The server that all running tests share.
    fn shared() -> Arc<Self> {
        static RUNNING: LazyLock<Mutex<Weak<Production>>> = LazyLock::new(Mutex::default);
        let mut running = RUNNING.lock();
        running.upgrade().unwrap_or_else(|| {
            let authority = Authority::new();
            let certificate = authority.issue("localhost");
            let (chain, key) =
                (format!("--ssl-cert={}", certificate.chain()), format!("--ssl-key={}", certificate.key()));
            let server = MariaDb::with(&[&chain, &key, "--log-bin"], &[("TZ", "Europe/Berlin")]);
            let production = Arc::new(Self { server, authority, _certificate: certificate });
            *running = Arc::downgrade(&production);
            production
        })
    }
}

fn app(id: &str) -> App {
    App { id: AppId::parse(id).unwrap(), ..App::random() }
}

async fn error(url: &str) -> String {
    open(url, 1).await.unwrap_err().to_string()
}
