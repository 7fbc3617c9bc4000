//! TLS of the server: certificates, sessions, incomplete handshakes, and other protocols.

mod acme;
mod certificates;
mod handshakes;
mod load;
mod sessions;

use clairon_test_servers::certificates::{Authority, Certificate};
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::http::HttpConnection;
use clairon_tests::raw::{RawSocket, handshake};
use clairon_tests::server::{Builder, Server};
use clairon_tests::transport::TlsClient;

/// The name in the certificate.
const NAME: &str = "ws.test";

fn app() -> App {
    App::new("tls")
}

/// A server with a TLS listener.
struct Site {
    authority: Authority,
    certificate: Certificate,
}

impl Site {
    fn new() -> Self {
        let authority = Authority::new();
        let certificate = authority.issue(NAME);
        Self { authority, certificate }
    }

    fn server(&self) -> Builder {
        self.server_of(app())
    }

    fn server_of(&self, app: App) -> Builder {
        Server::builder()
            .app(app)
            .listen(["tls://127.0.0.1:0"])
            .env("CLAIRON_TLS_CERTIFICATE", self.certificate.chain())
            .env("CLAIRON_TLS_KEY", self.certificate.key())
    }

    fn client(&self) -> TlsClient {
        TlsClient::new(&self.authority.file(), NAME)
    }
}

/// Opens a WebSocket over a connection.
fn connect(mut connection: HttpConnection) -> Client {
    connection.write(handshake(&format!("/app/{}?protocol=7", app().key), ""));
    Client::established(RawSocket::switched(connection), &app())
}
