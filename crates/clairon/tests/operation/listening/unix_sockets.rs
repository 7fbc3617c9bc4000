//! Unix sockets.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::http::HttpConnection;
use clairon_tests::raw::{RawSocket, handshake};
use clairon_tests::server::{Builder, Server};
use tempfile::TempDir;

fn app() -> App {
    App::new("unix")
}

/// A folder, the path of a socket in it, and a server that listens on that socket.
fn server(options: &str) -> (TempDir, PathBuf, Builder) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clairon.sock");
    let server = Server::builder().app(app()).listen([&format!("unix:{}{options}", path.display())]);
    (folder, path, server)
}

fn connect(path: &PathBuf) -> Client {
    let mut connection = HttpConnection::unix(path);
    connection.write(handshake(&format!("/app/{}?protocol=7", app().key), ""));
    Client::established(RawSocket::switched(connection), &app())
}

#[test]
fn clients_and_backends_come_over_a_unix_socket() {
    let (_folder, path, server) = server("");
    let server = server.env("CLAIRON_LOG", "debug").start();
    assert_eq!(server.listens(), [format!("unix:{}", path.display())]);
    let (mut one, mut other) = (connect(&path), connect(&path));
    for client in [&mut one, &mut other] {
        let _ = client.subscribe("private-room");
    }
    assert_eq!(HttpConnection::unix(&path).get("/up").status, 200);
    let _ = server.wait_for_log("a connection over the socket", |line| line["peer"] == "unix");
}

#[test]
fn its_file_has_the_mode_and_goes_with_the_server() {
    let (_folder, path, server) = server(&format!("?mode=0620&owner={}", rustix::process::getuid().as_raw()));
    let server = server.start();
    let metadata = fs::metadata(&path).unwrap();
    assert_eq!((metadata.permissions().mode() & 0o7777, metadata.uid()), (0o620, rustix::process::getuid().as_raw()));
    assert!(server.terminate().success());
    assert!(!path.exists());
}

#[test]
fn the_file_of_a_server_that_was_killed_is_replaced() {
    let (_folder, path, server) = server("");
    // A file whose listener is closed.
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let _server = server.start();
    assert_eq!(HttpConnection::unix(&path).get("/up").status, 200);
}

#[test]
fn a_socket_that_is_in_use_is_left_alone() {
    let (_folder, path, server) = server("");
    let other = UnixListener::bind(&path).unwrap();
    let (code, log) = server.start_in_vain();
    assert_eq!(code, Some(1));
    assert!(log.iter().any(|line| line.to_string().contains("is in use by another program")), "{log:?}");
    // The server still accepts connections.
    drop(HttpConnection::unix(&path));
    drop(other);
}

#[test]
fn a_file_that_is_no_socket_is_left_alone() {
    let (_folder, path, server) = server("");
    File::create(&path).unwrap();
    let (code, log) = server.start_in_vain();
    assert_eq!(code, Some(1));
    assert!(log.iter().any(|line| line.to_string().contains("a file that is no socket")), "{log:?}");
    assert!(fs::metadata(&path).unwrap().is_file());
}

#[test]
fn the_file_of_a_later_server_stays() {
    let (_folder, path, first) = server("");
    let first = first.start();
    // As if an operator had removed the file.
    fs::remove_file(&path).unwrap();
    let _second = Server::builder().app(app()).listen([&format!("unix:{}", path.display())]).start();
    assert!(first.terminate().success());
    assert_eq!(HttpConnection::unix(&path).get("/up").status, 200);
}

#[test]
fn unknown_owners_are_named() {
    let (_folder, path, server) = server("?owner=nobody-has-this-name");
    let (code, log) = server.start_in_vain();
    assert_eq!(code, Some(1));
    assert!(log.iter().any(|line| line.to_string().contains("no user nobody-has-this-name")), "{log:?}");
    assert!(!path.exists());
}
