//! Users, passwords and TLS.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread,
};

use clairon_registry::open;
use clairon_test_servers::{MariaDb, free_port};

use super::{Production, app, error};

#[tokio::test]
async fn a_password_of_any_characters_opens_and_a_wrong_one_is_not_shown() {
    let server = MariaDb::shared();
    let database = server.create_database();
    server.execute(&format!(
        "CREATE USER odd@localhost IDENTIFIED BY 'p/a?s#s@w:o%r d\u{df}'; GRANT ALL ON {database}.* TO odd@localhost"
    ));
    let registry = open(&server.url_as("odd:p%2Fa%3Fs%23s%40w%3Ao%25r%20d%C3%9F", &database), 1).await.unwrap();
    registry.create(&app("a")).await.unwrap();
    let socket = format!("{registry:?}");
    assert!(socket.contains("mysql:///") && socket.contains(&database) && !socket.contains("odd"), "{socket}");

    let wrong = error(&server.url_as("odd:sesame", &database)).await;
    assert!(wrong.starts_with("cannot connect to mysql:///"), "{wrong}");
    assert!(wrong.contains("Access denied for user") && !wrong.contains("sesame"), "{wrong}");
    let absent = error(&server.url_as("root", "absent")).await;
    assert!(absent.contains("Unknown database 'absent'"), "{absent}");
}

#[tokio::test]
async fn an_unreachable_server_is_named_without_its_password() {
    let port = free_port();
    let error = error(&format!("mysql://user:sesame@127.0.0.1:{port}/apps")).await;
    assert!(error.starts_with(&format!("cannot connect to mysql://127.0.0.1:{port}/apps: ")), "{error}");
    assert!(error.contains("refused") && !error.contains("sesame") && !error.contains("user"), "{error}");
}

#[tokio::test]
async fn tls_is_used_where_there_is_any_and_checked_where_that_is_asked_for() {
    let production = Production::shared();
    let database = production.server.create_database();
    production.server.execute(&format!(
        "CREATE USER safe@'%' IDENTIFIED BY 'word' REQUIRE SSL; GRANT ALL ON {database}.* TO safe@'%'"
    ));
    let port = production.server.port();
    let url = |host: &str, parameters: &str| format!("mysql://safe:word@{host}:{port}/{database}?{parameters}");
    let authority = format!("ssl-ca={}", production.authority.file());
    let identity = format!("ssl-mode=VERIFY_IDENTITY&{authority}");
    for (host, parameters) in [("127.0.0.1", ""), ("127.0.0.1", "ssl-mode=REQUIRED"), ("localhost", identity.as_str())]
    {
        open(&url(host, parameters), 1).await.unwrap().list().await.unwrap();
    }
    open(&url("127.0.0.1", &format!("ssl-mode=VERIFY_CA&{authority}")), 1).await.unwrap();

    assert!(error(&url("127.0.0.1", "ssl-mode=DISABLED")).await.contains("Access denied"));
    for (host, parameters) in [("127.0.0.1", identity.as_str()), ("localhost", "ssl-mode=VERIFY_CA")] {
        let error = error(&url(host, parameters)).await;
        assert!(error.contains("certificate"), "{error}");
    }
    let plain = MariaDb::shared();
    let without = error(&format!("mysql://root@127.0.0.1:{}/mysql?ssl-mode=REQUIRED", plain.port())).await;
    assert!(without.ends_with("server does not support TLS"), "{without}");
}

/// The start of a connection to MySQL 8 without TLS, for a user that the server does not have in its cache.
///
/// Source: the MySQL source documentation, `Protocol::HandshakeV10` and `caching_sha2_password`.
fn mysql_8_without_tls(listener: &TcpListener) {
    let (mut client, _) = listener.accept().unwrap();
    let capabilities: u32 = 0x0008_a209;
    let [low, more, high, highest] = capabilities.to_le_bytes();
    let mut greeting = b"\x0a8.4.0\0\x01\0\0\0nonce_of\0".to_vec();
    greeting.extend([low, more, 0xff, 0x02, 0x00, high, highest, 21]);
    greeting.extend([0; 10]);
    greeting.extend(b"twenty_bytes\0caching_sha2_password\0");
    send(&mut client, 0, &greeting);
    receive(&mut client);
    send(&mut client, 2, &[1, 4]);
    assert_eq!(receive(&mut client), [2], "it asks for the public key");
    send(&mut client, 4, b"\x01-----BEGIN PUBLIC KEY-----");
}

fn send(client: &mut TcpStream, number: u8, payload: &[u8]) {
    let size = u8::try_from(payload.len()).unwrap();
    client.write_all(&[&[size, 0, 0, number], payload].concat()).unwrap();
}

fn receive(client: &mut TcpStream) -> Vec<u8> {
    let mut header = [0; 4];
    client.read_exact(&mut header).unwrap();
    let mut payload = vec![0; usize::from(header[0])];
    client.read_exact(&mut payload).unwrap();
    payload
}

#[tokio::test]
async fn a_password_that_would_go_without_tls_is_explained() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = thread::spawn(move || mysql_8_without_tls(&listener));
    let error = error(&format!("mysql://user:sesame@127.0.0.1:{port}/apps")).await;
    let expected = "the server takes this user's password only over TLS (caching_sha2_password or sha256_password)";
    assert!(error.contains(expected) && !error.contains("sesame"), "{error}");
    server.join().unwrap();
}
