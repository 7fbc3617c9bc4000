//! `clairon health`

use std::{
    io::{Read, Write},
    net::TcpListener,
    thread,
};

use rustix::process::Signal;

use crate::place::{Place, Run};

/// A server that gives the same answer to `times` clients.
fn answering(answer: &'static str, times: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for _ in 0..times {
            let (mut client, _) = listener.accept().unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                client.read_exact(&mut byte).unwrap();
                head.extend(byte);
            }
            client.write_all(answer.as_bytes()).unwrap();
        }
    });
    url
}

#[track_caller]
fn assert_well(run: &Run, line: &str) {
    assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (0, format!("{line}\n").as_str(), ""));
}

#[track_caller]
fn assert_unwell(run: &Run, words: &str) {
    assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{}", run.stderr);
    assert!(run.stderr.starts_with("error: ") && run.stderr.contains(words), "{}", run.stderr);
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
}

#[test]
fn the_settings_lead_to_the_server() {
    let place = Place::new();
    let server = place.serve(&[], &[("CLAIRON_SERVER_PATH_PREFIX", "/ws")]);
    let url = server.ready["http"].as_str().unwrap().to_owned();
    let port = url.rsplit_once(':').unwrap().1;
    place.write("clairon.toml", &format!("[server]\nhost = \"0.0.0.0\"\nport = {port}\npath_prefix = \"/ws\"\n"));
    place.write(".env", &format!("CLAIRON_PORT={port}\n"));
    let up = format!("{url}/up: up");
    for (arguments, variables) in [
        (&["--port", port][..], &[][..]),
        (&["--env-file", ".env"], &[]),
        (&[], &[("CLAIRON_SERVER_PORT", port), ("CLAIRON_SERVER_HOST", "0.0.0.0")]),
        (&[], &[("CLAIRON_PORT", port), ("CLAIRON_HOST", "127.0.0.1")]),
        // `serve` listens on the port of `REVERB_SERVER_PORT` too.
        (&[], &[("REVERB_SERVER_PORT", port)]),
        (&["--url", &url], &[("CLAIRON_PORT", "1")]),
    ] {
        assert_well(&place.run_with(&[&["health"], arguments].concat(), variables), &up);
    }
    assert_well(&place.run(&["health", "--config", "clairon.toml"]), &format!("{url}/ws/up: up"));
    let prefixed = [("CLAIRON_SERVER_PATH_PREFIX", "/ws"), ("CLAIRON_PORT", port)];
    assert_well(&place.run_with(&["health", "--ready"], &prefixed), &format!("{url}/ws/ready: ready"));
    server.stop(Signal::TERM);
    assert_unwell(&place.run(&["health", "--port", port]), &format!("{url}/up: "));
}

#[test]
fn a_server_that_says_no_or_is_another_is_not_well() {
    let place = Place::new();
    let body = r#"{"error":"The server is stopping","code":503}"#;
    let stopping = format!("HTTP/1.1 503 No\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let stopping = answering(stopping.leak(), 1);
    assert_unwell(&place.run(&["health", "--ready", "--url", &stopping]), "/ready: The server is stopping (503)");
    let laravel = answering("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>", 1);
    assert_unwell(&place.run(&["health", "--url", &laravel]), "/up: this is not Clairon");
}

#[test]
fn a_server_that_is_not_known_is_not_well() {
    let place = Place::new();
    assert_unwell(&place.run(&["health", "--port", "0"]), "any free port: name the server with --url");
    assert_unwell(&place.run(&["health", "--port", "x"]), "--port is \"x\": allowed are whole numbers");
    assert_unwell(&place.run_with(&["health", "--port", "x"], &[("CLAIRON_HOST", "/")]), "and 1 more: `clairon config");
    assert_unwell(&place.run(&["health", "--url", "localhost"]), "--url: expected http(s)://");
}
