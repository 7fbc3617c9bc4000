//! Signals, and a server that was suspended for a while.

use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::clock::Clock;
use clairon_tests::raw::{PONG, RawFrame, Received};
use clairon_tests::server::Server;
use rustix::process::Signal;

fn app() -> App {
    App::new("signals")
}

#[test]
fn signals_that_mean_nothing_here_end_nothing() {
    let server = Server::start(app());
    let mut client = Client::connect(&server, &app());
    let others = [Signal::VTALARM, Signal::PROF, Signal::XFSZ];
    for signal in [Signal::USR1, Signal::USR2, Signal::ALARM, Signal::IO].into_iter().chain(others) {
        server.signal(signal);
        client.expect_nothing();
    }
    client.expect_nothing();
}

#[test]
fn quit_is_a_clean_stop() {
    for (signal, name) in [(Signal::QUIT, "SIGQUIT"), (Signal::TERM, "SIGTERM"), (Signal::INT, "SIGINT")] {
        let server = Server::start(app());
        let mut client = Client::connect(&server, &app());
        server.signal(signal);
        assert_eq!(client.expect("pusher:error")["data"]["code"], 4200);
        assert_eq!(client.socket.closed().0, Some(4200));
        let _ = server.wait_for_log("the signal", |line| line["signal"] == name);
        assert!(server.ended().success(), "{name}");
    }
}

#[test]
fn clients_outlive_a_stopped_process() {
    let server = Server::builder()
        .app(app())
        .env("CLAIRON_HEARTBEAT_PING_AFTER_SECONDS", "2")
        .env("CLAIRON_HEARTBEAT_CLOSE_AFTER_SECONDS", "4")
        .start();
    let mut clock = Clock::start();
    let mut client = Client::connect(&server, &app());
    server.signal(Signal::STOP);
    clock.wait(5);
    server.signal(Signal::CONT);
    // The client gets a ping instead of being disconnected.
    assert!(matches!(client.socket.receive(), Received::Ping(_)));
    client.socket.send(&RawFrame::new(PONG, ""));
    client.expect_nothing();
    // From then on silence counts as usual.
    assert!(matches!(client.socket.receive(), Received::Ping(_)));
    assert_eq!(client.expect("pusher:error")["data"]["code"], 4201);
}
