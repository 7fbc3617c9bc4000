//! The site: one page, which answers every request with the same text.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use clairon_tests::app::App;
use clairon_tests::sign;

/// Serves `/broadcasting/auth` on a free port until the test's process ends, and returns its URL. `answer` gets the
/// body of the request.
pub(crate) fn serve(answer: impl Fn(&str) -> (u16, String) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let body = read_body(&connection);
            let (status, text) = answer(&body);
            let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", text.len());
            (&connection).write_all((head + &text).as_bytes()).unwrap();
        }
    });
    format!("http://127.0.0.1:{port}/broadcasting/auth")
}

/// Signs like Laravel for an authorized user.
pub(crate) fn signed(app: &App, body: &str) -> String {
    let field = |name: &str| {
        let value = body.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}="))).unwrap();
        value.replace("%2D", "-").replace("%2E", ".")
    };
    let auth = sign::subscription(app, &field("socket_id"), &field("channel_name"), None);
    format!("{{\"auth\":\"{auth}\"}}")
}

fn read_body(connection: &TcpStream) -> String {
    let mut reader = BufReader::new(connection);
    let mut size = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            size = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; size];
    reader.read_exact(&mut body).unwrap();
    String::from_utf8(body).unwrap()
}
