//! Sockets that a process manager passes in, and servers that hand over to each other through them.

use std::net::TcpListener;
use std::os::unix::net::UnixListener;

use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::http::{self, HttpConnection};
use clairon_tests::server::{Builder, Server};

fn app() -> App {
    App::new("passed")
}

fn socket() -> (TcpListener, u16) {
    let socket = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = socket.local_addr().unwrap().port();
    (socket, port)
}

fn server(socket: &TcpListener, name: &'static str) -> Builder {
    Server::builder().app(app()).passed(socket.try_clone().unwrap(), name)
}

#[test]
fn a_passed_socket_takes_the_place_of_the_settings() {
    let (socket, port) = socket();
    let server = server(&socket, "clairon.socket").env("CLAIRON_PORT", "1").start();
    assert_eq!((server.port(), server.listens()), (port, &[format!("127.0.0.1:{port}")][..]));
    let _client = Client::connect(&server, &app());
}

#[test]
fn names_say_what_connections_begin_with() {
    let (socket, _) = socket();
    let server = server(&socket, "proxy_protocol").start();
    let mut connection = HttpConnection::open(&server);
    connection.write("PROXY UNKNOWN\r\n");
    assert_eq!(connection.get("/up").status, 200);
}

#[test]
fn a_unix_socket_and_one_for_metrics_can_be_passed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("passed.sock");
    let (metrics, port) = socket();
    let server = Server::builder().app(app()).passed(UnixListener::bind(&path).unwrap(), "").passed(metrics, "metrics");
    let server = server.env("CLAIRON_METRICS_LISTEN", "127.0.0.1:1").start();
    assert_eq!(HttpConnection::unix(&path).get("/up").status, 200);
    assert_eq!(HttpConnection::to(("127.0.0.1", port)).get("/metrics").status, 200);
    assert!(server.terminate().success());
    assert!(path.exists(), "it belongs to the process manager");
}

#[test]
fn a_socket_that_does_not_listen_is_named() {
    let (_listener, port) = socket();
    let connected = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    let (code, log) = Server::builder().app(app()).passed(connected, "x").start_in_vain();
    assert_eq!(code, Some(1));
    assert!(log.iter().any(|line| line.to_string().contains("not a listening socket")), "{log:?}");
}

#[test]
fn a_new_server_takes_over_while_the_old_one_closes() {
    let (socket, port) = socket();
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}", folder.path().join("clairon.db").display());
    let old = server(&socket, "").database(&database).start();
    let mut client = Client::connect(&old, &app());
    let new = server(&socket, "").database(&database).start();
    let mut ended = Some(old);
    // No connection is refused during the handover.
    for number in 0..200 {
        if number == 50 {
            ended.as_ref().unwrap().signal(rustix::process::Signal::TERM);
        }
        assert_eq!(http::get(&new, "/up").status, 200, "request {number}");
    }
    assert_eq!(client.expect("pusher:error")["data"]["code"], 4200);
    assert_eq!(client.socket.closed().0, Some(4200));
    assert!(ended.take().unwrap().ended().success());
    assert_eq!(new.port(), port);
    let _client = Client::connect(&new, &app());
}

#[test]
fn connections_wait_for_a_server_that_comes_back() {
    let (socket, port) = socket();
    assert!(server(&socket, "").start().terminate().success());
    // The connection is neither accepted nor refused.
    let mut connection = HttpConnection::to(("127.0.0.1", port));
    connection.write("GET /up HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let _server = server(&socket, "").start();
    assert_eq!(connection.response().status, 200);
}
