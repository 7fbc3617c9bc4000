//! Servers of another kind, and hostile ones.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use tungstenite::{Message, accept};

use super::tool::run;

/// Starts a server that calls `talk` with each connection, and returns its port.
fn server(talk: fn(TcpStream)) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || listener.incoming().for_each(|stream| drop(thread::spawn(move || talk(stream.unwrap())))));
    port
}

/// Sends the same byte slowly and repeatedly, until the peer closes the connection.
fn drip(mut stream: impl Write, byte: u8) {
    let (_held, never) = channel::<()>();
    while stream.write_all(&[byte]).is_ok() {
        let _ = never.recv_timeout(Duration::from_millis(100));
    }
}

/// The page of a guest network, for every request.
fn page(mut stream: TcpStream) {
    let _ = stream.read(&mut [0; 8_192]);
    let page = "<!DOCTYPE html><title>Welcome</title>";
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n", page.len());
    let _ = stream.write_all(format!("{head}{page}").as_bytes());
}

#[test]
fn a_page_has_taken_no_event_and_tells_none() {
    let port = server(page);
    let url = format!("http://key:secret@127.0.0.1:{port}/apps/1");
    run(&["publish", "lobby", "e", "{}", "--url", &url]).ended(1, "this is no broadcasting server");
    let url = format!("http://127.0.0.1:{port}");
    run(&["tail", "--token", "0123456789abcdef", "--url", &url]).ended(1, "answers with something else than events");
}

#[test]
fn why_there_is_no_answer_is_told_in_words() {
    let publish = |talk| {
        let url = format!("http://key:secret@127.0.0.1:{}/apps/1", server(talk));
        run(&["publish", "lobby", "e", "{}", "--url", &url])
    };
    publish(|mut stream| {
        let _ = stream.read(&mut [0; 8_192]);
        let _ = stream.write_all(&[0xff; 1_000]);
    })
    .ended(1, "unreadable answer: ");
    publish(|mut stream| drop(stream.read_to_end(&mut Vec::new()))).ended(1, "no answer within 10 s");
    publish(|mut stream| {
        let _ = stream.read(&mut [0; 8_192]);
        let _ = stream.write_all(b"HTTP/1.1 301 Moved\r\nLocation: http://elsewhere.test\r\nContent-Length: 0\r\n\r\n");
    })
    .ended(1, "answers 301: it redirects to http://elsewhere.test, which is not followed (nothing)");
}

#[test]
fn who_answers_byte_by_byte_is_not_waited_for() {
    let port = server(|mut stream| {
        let _ = stream.read(&mut [0; 8_192]);
        stream.write_all(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 60000\r\n\r\n").unwrap();
        drip(stream, b'x');
    });
    let url = format!("http://127.0.0.1:{port}");
    run(&["tail", "--token", "0123456789abcdef", "--url", &url]).ended(1, "does not take the token");

    let port = server(|mut stream| {
        let _ = stream.read(&mut [0; 8_192]);
        stream.write_all(b"HTTP/1.1 101 Switching Protocols\r\nX: ").unwrap();
        drip(stream, b'x');
    });
    let url = format!("http://key:secret@127.0.0.1:{port}/apps/1");
    run(&["listen", "lobby", "--url", &url]).ended(1, &format!("127.0.0.1:{port}"));
}

#[test]
fn a_frame_that_does_not_end_outlasts_no_time_limit() {
    let port = server(|stream| {
        let mut socket = accept(stream).unwrap();
        let greeting = r#"{"event":"pusher:connection_established","data":"{\"socket_id\":\"1.1\"}"}"#;
        socket.send(Message::text(greeting)).unwrap();
        let mut stream = socket.into_inner();
        // A text of 4,096 bytes.
        stream.write_all(&[0x81, 126, 0x10, 0]).unwrap();
        drip(stream, b'x');
    });
    let url = format!("http://key:secret@127.0.0.1:{port}/apps/1");
    let listened = run(&["listen", "lobby", "--timeout", "1", "--url", &url]);
    assert_eq!(listened.code, 0, "{}", listened.stderr);
}
