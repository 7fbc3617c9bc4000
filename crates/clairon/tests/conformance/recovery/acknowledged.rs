//! Triggers while the server stops: what is answered with 200 is in a log, and everything else is refused.

use super::restarts::{builder, folder, start};
use super::*;
use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;

use clairon_test_servers::DEADLINE;
use clairon_tests::http::HttpConnection;
use rustix::process::Signal;
use tempfile::TempDir;

const PUBLISHERS: usize = 4;

/// The request that triggers an event.
fn request(app: &App, event: &str) -> Request {
    Request::post(app, "/events", &json!({"name": event, "data": "{}", "channels": ["c"]}))
}

/// Subscribes again at a position, and returns the names of the events that come back.
fn replayed(server: &Server, app: &App, position: &Position) -> Vec<String> {
    let mut client = Client::connect(server, app);
    assert_eq!(ask(&mut client, "c", &position.recover())["recovered"], true);
    let events = numbered(&mut client);
    assert!(events.iter().map(|(_, seq)| *seq).eq((1..).map(Some).take(events.len())), "{events:?}");
    events.into_iter().map(|(name, _)| name).collect()
}

/// Triggers an event over a connection of its own, like Laravel. The status, unless the server does not answer.
fn try_to_trigger(address: (&str, u16), app: &App, event: &str) -> Option<u16> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.write_all(request(app, event).text().as_bytes()).ok()?;
    stream.set_read_timeout(Some(DEADLINE)).ok()?;
    let mut start = [0; "HTTP/1.1 200".len()];
    stream.read_exact(&mut start).ok()?;
    str::from_utf8(&start).ok()?.strip_prefix("HTTP/1.1 ")?.parse().ok()
}

#[test]
fn nothing_that_was_answered_with_200_is_lost_over_a_restart() {
    let folder = folder();
    let app = recovering("restart").with("recovery_events", 100_000);
    let server = start(&folder, app.clone());
    let mut client = Client::connect(&server, &app);
    let position = begin(&mut client, "c");
    client.socket.abort();
    let address = (server.host().to_owned(), server.port());
    let (tell, told) = mpsc::channel();
    let acknowledged: Vec<Vec<String>> = thread::scope(|scope| {
        let publish = |publisher: usize| {
            let (address, app, tell) = ((address.0.as_str(), address.1), &app, tell.clone());
            move || {
                let names = (0..400).map(|number| format!("{publisher}-{number}"));
                let is_taken = |name: &String| {
                    let status = try_to_trigger(address, app, name);
                    assert!(matches!(status, None | Some(200 | 503)), "{name}: {status:?}");
                    let _ = tell.send(());
                    status == Some(200)
                };
                names.take_while(is_taken).collect::<Vec<_>>()
            }
        };
        let publishers: Vec<_> = (0..PUBLISHERS).map(|publisher| scope.spawn(publish(publisher))).collect();
        told.iter().take(100).for_each(drop);
        server.signal(Signal::TERM);
        publishers.into_iter().map(|publisher| publisher.join().unwrap_or_else(|_| panic!("a publisher"))).collect()
    });
    assert_eq!(server.ended().code(), Some(0));
    let server = start(&folder, app.clone());
    let back = replayed(&server, &app, &position);
    let of = |publisher: usize| {
        let start = format!("{publisher}-");
        back.iter().filter(move |name| name.starts_with(&start)).cloned().collect::<Vec<_>>()
    };
    for (publisher, acknowledged) in acknowledged.iter().enumerate() {
        let back = of(publisher);
        assert_eq!(back[..acknowledged.len()], acknowledged[..]);
        assert!(back.len() <= acknowledged.len() + 1, "only the answer to the last one may be lost: {back:?}");
    }
    assert_eq!(back.iter().collect::<HashSet<_>>().len(), back.len());
}

/// A process that keeps others from writing to a SQLite file, until it is dropped.
struct WriteLock(Child);

impl WriteLock {
    fn take(folder: &TempDir) -> Self {
        let script = "import sqlite3, sys; base = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None); \
                      base.execute('BEGIN IMMEDIATE'); print('locked', flush=True); sys.stdin.read()";
        let mut python = Command::new("python3");
        python.args(["-c", script]).arg(folder.path().join("apps.db")).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = python.spawn().unwrap_or_else(|error| panic!("python3: {error}"));
        let mut line = String::new();
        let output = child.stdout.take().unwrap_or_else(|| panic!("its output is piped"));
        BufReader::new(output).read_line(&mut line).unwrap_or_else(|error| panic!("python3: {error}"));
        assert_eq!(line, "locked\n");
        Self(child)
    }
}

impl Drop for WriteLock {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// A request whose last byte is not yet sent.
struct Held(HttpConnection, String);

impl Held {
    fn open(server: &Server, app: &App, event: &str) -> Self {
        let text = request(app, event).text();
        let (start, end) = text.split_at(text.len() - 1);
        let mut connection = HttpConnection::open(server);
        connection.write(start);
        Self(connection, end.to_owned())
    }

    /// The status, and the body.
    fn finish(self) -> (u16, String) {
        let Self(mut connection, end) = self;
        connection.write(end);
        let response = connection.response();
        (response.status, response.body)
    }
}

#[test]
fn once_the_logs_are_read_for_the_database_events_are_refused() {
    let folder = folder();
    let app = recovering("refused");
    let server = builder(&folder, app.clone()).env("CLAIRON_SERVER_SHUTDOWN_SECONDS", "1").start();
    let mut client = Client::connect(&server, &app);
    let position = begin(&mut client, "c");
    client.socket.abort();
    let held: Vec<_> = (0..20).map(|number| Held::open(&server, &app, &number.to_string())).collect();
    trigger(&server, &app, "c", "before", None);
    let lock = WriteLock::take(&folder);
    server.signal(Signal::TERM);
    let says = |message: &'static str| move |line: &Value| line["message"] == message;
    let _ = server.wait_for_log("the end of patience", says("some connections did not close in time"));
    // The lock keeps the server from its end.
    let mut taken = vec!["before".to_owned()];
    let refusal = (0..).zip(held).find_map(|(number, held): (usize, Held)| match held.finish() {
        (200, _) => {
            taken.push(number.to_string());
            None
        }
        refusal => Some(refusal),
    });
    let message = "the server is stopping: trigger the event again once it has started";
    let (status, body) = refusal.unwrap_or_else(|| panic!("no refusal after {taken:?}"));
    assert_eq!((status, body.contains(message)), (503, true), "{body}");
    drop(lock);
    assert_eq!(server.ended().code(), Some(0));
    let server = start(&folder, app.clone());
    assert_eq!(replayed(&server, &app, &position), taken);
}
