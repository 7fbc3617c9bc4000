//! The output of `clairon serve`, on both streams.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::place::{Place, Run};

/// Sends a request that is refused, and waits for the answer.
fn refused(authority: &str, path: &str) {
    let mut stream = TcpStream::connect(authority).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

/// It is killed on drop, so that a failing test leaves no process behind.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Both calls fail only if the process has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn every_line_of_a_server_is_json() {
    let place = Place::new();
    let server = place.serve(&[], &[]);
    let authority = server.ready["http"].as_str().unwrap().trim_start_matches("http://").to_owned();
    refused(&authority, "/it's\\here");
    let run = server.stop(Signal::TERM);
    assert_eq!(run.code, 0);
    let printed = lines(&run.stdout);
    let of_app = ["timestamp", "level", "message", "target", "app", "ws", "env", "echo", "shell"];
    let of_dashboard = ["timestamp", "level", "message", "target", "one_time_link"];
    let [app, dashboard] = &*printed else { panic!("{printed:?}") };
    for (line, fields) in [(app, &of_app[..]), (dashboard, &of_dashboard)] {
        for field in fields {
            assert!(line[field].is_string(), "{field} in {line}");
        }
    }
    let refusal = lines(&run.stderr).into_iter().find(|line| line["message"] == "request refused").unwrap();
    assert_eq!(refusal["request"], "GET /it's\\here");
}

#[test]
fn every_line_of_a_failed_start_is_json() {
    let place = Place::new();
    place.write("broken.toml", "[server\n");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let failed = |arguments: &[&str], variables: &[(&str, &str)]| -> (i32, Vec<String>) {
        let arguments = [&["serve", "--host", "127.0.0.1"], arguments].concat();
        let Run { code, stdout, stderr } = place.run_with(&arguments, variables);
        assert_eq!(stdout, "");
        let errors = lines(&stderr).into_iter().filter(|line| line["level"] == "ERROR");
        (code, errors.map(|line| line["message"].as_str().unwrap().to_owned()).collect())
    };
    let (json, in_environment) = (["--log-format", "json"], [("CLAIRON_LOG_FORMAT", "json")]);
    let of_settings = [("CLAIRON_OUTBOX_BYTES", "1"), ("CLAIRON_LOG", "loud")];
    let (code, errors) = failed(&json, &of_settings);
    assert_eq!((code, errors.len()), (2, 2), "{errors:?}");
    let (code, errors) = failed(&["--config", "broken.toml"], &in_environment);
    assert_eq!((code, errors.len()), (2, 1), "{errors:?}");
    for arguments in [
        &["--port", &port][..],
        &["--port", "0", "--redis", "redis://127.0.0.1:1"],
        &["--port", "0", "--database", "sqlite:///nowhere/clairon.db"],
    ] {
        let (code, errors) = failed(&[&json[..], arguments].concat(), &[("CLAIRON_LOG", "off")]);
        assert_eq!((code, errors.len()), (1, 1), "{errors:?}");
    }
}

#[test]
fn a_value_is_escaped_once_for_people() {
    let place = Place::new();
    let mut command = place.command(&["serve", "--host", "127.0.0.1", "--port", "0", "--database", "sqlite::memory:"]);
    let mut server = Running(command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap());
    let mut log = BufReader::new(server.0.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains(" ready ") {
        line.clear();
        assert_ne!(log.read_line(&mut line).unwrap(), 0, "the server ended before it was ready");
    }
    let (_, authority) = line.split_once("http=\"http://").unwrap();
    refused(authority.split_once('"').unwrap().0, "/it's");
    kill_process(Pid::from_child(&server.0), Signal::TERM).unwrap();
    let mut rest = String::new();
    log.read_to_string(&mut rest).unwrap();
    assert!(server.0.wait().unwrap().success());
    assert!(rest.contains(r#" request="GET /it's" code=404 reason="no such path: \"/it's\"""#), "{rest}");
}
