//! Listening on IPv4 and IPv6 addresses.

use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};

use clairon_test_servers::free_port;
use clairon_tests::app::App;
use clairon_tests::http::HttpConnection;
use clairon_tests::server::Server;

const V4: &str = "127.0.0.1";
const V6: &str = "::1";

fn answers(server: &Server, host: &str) -> bool {
    let mut connection = HttpConnection::to((host, server.port()));
    connection.write("GET /up HTTP/1.1\r\nHost: localhost\r\n\r\n");
    connection.response().status == 200
}

/// True if another program can listen at the address, so the server does not.
fn is_free(server: &Server, host: &str) -> bool {
    TcpListener::bind((host, server.port())).is_ok()
}

fn has_ipv6() -> bool {
    TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok()
}

#[test]
fn every_address_is_of_both_families() {
    let server = Server::builder().app(App::new("listening")).host(None).start();
    assert_eq!(server.host(), V4);
    assert!(answers(&server, V4));
    assert_eq!(has_ipv6(), has_ipv6() && answers(&server, V6));
}

#[test]
fn an_address_of_ipv4_stays_one() {
    let any = Ipv4Addr::UNSPECIFIED.to_string();
    assert_eq!(any, "0.0.0.0");
    let server = Server::builder().app(App::new("listening")).host(Some("0.0.0.0")).start();
    assert!(answers(&server, V4));
    assert_eq!(is_free(&server, V6), has_ipv6());
}

#[test]
fn both_families_can_be_listed() {
    let port = free_port();
    let (v4, v6) = (format!("0.0.0.0:{port}"), format!("[::]:{port}"));
    if !has_ipv6() {
        return;
    }
    let server = Server::builder().app(App::new("listening")).listen([&v4, &v6]).start();
    assert_eq!(server.listens(), [v4, v6]);
    assert!(answers(&server, V4) && answers(&server, V6));
}
