//! Handshakes that succeed, and handshakes that do not.

use std::io::{ErrorKind, Read, Write};

use clairon_stream::Stream;
use rustls::version::{TLS12, TLS13};

use crate::support::{Ends, raw, receive, receive_exactly};

#[tokio::test]
async fn both_versions_are_spoken() {
    for version in [&TLS12, &TLS13] {
        let ends = Ends::new(&[version], |_| {});
        let (accepted, client) = ends
            .connect(|mut tls| {
                tls.write_all(b"hello").unwrap();
                tls.conn.protocol_version()
            })
            .await;
        let (mut stream, early) = accepted.unwrap();
        let missing = 5 - early.len();
        assert_eq!([&early[..], &receive_exactly(&mut stream, missing).await].concat(), b"hello");
        assert_eq!(client.join().unwrap(), Some(version.version));
    }
}

#[tokio::test]
async fn what_was_read_before_belongs_to_the_handshake() {
    let ends = Ends::new(&[&TLS13], |_| {});
    let mut connection = ends.connection();
    let mut hello = Vec::new();
    connection.write_tls(&mut hello).unwrap();
    let (raw, client) = raw(move |socket| {
        let mut tls = rustls::StreamOwned::new(connection, socket);
        // In one packet with the end of the handshake.
        tls.conn.writer().write_all(b"early").unwrap();
        tls.flush().unwrap();
        let mut end = Vec::new();
        tls.read_to_end(&mut end)
    })
    .await;
    let (mut stream, early) = Stream::accept_tls(raw, ends.server, &hello).await.unwrap();
    let missing = 5 - early.len();
    assert_eq!([&early[..], &receive_exactly(&mut stream, missing).await].concat(), b"early");
    stream.say_end();
    drop(stream);
    assert_eq!(client.join().unwrap().unwrap(), 0);
}

#[tokio::test]
async fn a_hello_in_many_small_records_is_put_together() {
    let ends = Ends::new(&[&TLS13], |config| config.max_fragment_size = Some(64));
    let (accepted, client) = ends.connect(|mut tls| tls.write_all(b"x")).await;
    let (mut stream, early) = accepted.unwrap();
    if early.is_empty() {
        assert_eq!(receive(&mut stream).await.unwrap(), b"x");
    }
    client.join().unwrap().unwrap();
}

#[tokio::test]
async fn nonsense_gets_an_alert() {
    let ends = Ends::new(&[&TLS13], |_| {});
    let (raw, client) = raw(|mut socket| {
        socket.write_all(b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00").unwrap();
        let mut answer = Vec::new();
        let _ = socket.read_to_end(&mut answer);
        answer
    })
    .await;
    let error = Stream::accept_tls(raw, ends.server, &[]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidData);
    let answer = client.join().unwrap();
    assert_eq!((answer.first(), answer.len()), (Some(&21), 7), "an alert: {answer:?}");
}

#[tokio::test]
async fn a_hello_without_end_is_refused() {
    let ends = Ends::new(&[&TLS13], |_| {});
    let (raw, client) = raw(|mut socket| {
        // A handshake message of 60,000 bytes, in records of 16,000.
        let mut payload = vec![1, 0, 0xea, 0x60];
        payload.resize(16_000, 0);
        for _ in 0..2 {
            // The second one may come too late.
            let _ = socket.write_all(&[&[22, 3, 1, 0x3e, 0x80], &payload[..]].concat());
        }
        socket.read(&mut [0; 1]).is_ok()
    })
    .await;
    let error = Stream::accept_tls(raw, ends.server, &[]).await.unwrap_err();
    assert!(error.to_string().contains("too long"), "{error}");
    client.join().unwrap();
}

#[tokio::test]
async fn a_client_that_leaves_ends_the_handshake() {
    let ends = Ends::new(&[&TLS13], |_| {});
    let (raw, client) = raw(|mut socket| socket.write_all(b"\x16\x03\x01\x00")).await;
    let error = Stream::accept_tls(raw, ends.server, &[]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    client.join().unwrap().unwrap();
}
