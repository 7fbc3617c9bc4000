//! `clairon bench`

use rustix::process::Signal;
use serde_json::Value;

use crate::{place::Place, server::Server};

const APP: [(&str, &str); 3] = [("PUSHER_APP_ID", "1"), ("PUSHER_APP_KEY", "key"), ("PUSHER_APP_SECRET", "secret")];

#[test]
fn what_is_wrong_is_named() {
    let place = Place::new();
    let free = format!("127.0.0.1:{}", clairon_test_servers::free_port());
    let url = format!("http://{free}");
    let app = ["--app-id", "1", "--key", "key", "--secret", "secret"];
    let run = place.run(&[&["bench", "--url", &url, "fanout"][..], &app].concat());
    let told = format!("error: no connection to {free}, the server of --host, --port or --url: Connection refused");
    assert_eq!((run.code, run.stderr.matches("refused").count()), (1, 1), "{}", run.stderr);
    assert!(run.stderr.contains(&told), "{}", run.stderr);
    assert_eq!(place.run(&["bench", "--url", &url, "fanout"]).code, 2);
}

#[test]
fn a_fanout_is_measured_plain_and_compressed() {
    let place = Place::new();
    let server = place.serve(&[], &APP);
    let url = server.ready["http"].as_str().unwrap().to_owned();
    let arguments = ["bench", "--url", &url, "--app-id", "1", "--key", "key", "--secret", "secret", "--json", "fanout"];
    let traffic = ["--connections", "20", "--laravel", "--payload", "8192", "--duration", "0.5"];
    let [plain, compressed] = [&[][..], &["--compressed"]].map(|offer| {
        let run = place.run(&[&arguments[..], &traffic, offer].concat());
        assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
        let report: Value = serde_json::from_str(&run.stdout).unwrap();
        let figures = report["server"].clone();
        assert_eq!(figures["deliveries_missing"], 0, "{figures}");
        figures
    });
    let bytes = |figures: &Value| figures["bytes_per_delivery"].as_u64().unwrap();
    assert!((8_192..11_000).contains(&bytes(&plain)) && bytes(&compressed) < 4_000, "{plain}\n{compressed}");
    assert!(
        compressed["compressing_an_event_us"].as_f64().unwrap() > 0.0 && plain["compressing_an_event_us"].is_null()
    );
    assert_eq!(server.stop(Signal::TERM).code, 0);
}

#[test]
fn a_fanout_with_recovery_is_for_apps_that_have_it() {
    let place = Place::new();
    let server = place.serve(&[], &[&APP[..], &[("CLAIRON_APP_RECOVERY", "true")]].concat());
    let elsewhere = Place::new();
    let without = elsewhere.serve(&[], &APP);
    let bench = |server: &Server, more: &[&str]| {
        let url = server.ready["http"].as_str().unwrap();
        let app = ["--url", url, "--app-id", "1", "--key", "key", "--secret", "secret"];
        place
            .run(&[&["bench", "--json", "fanout", "--connections", "20", "--duration", "0.5"], &app[..], more].concat())
    };
    let [plain, numbered] = [&[][..], &["--recovery"]].map(|more| {
        let run = bench(&server, more);
        assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
        let report: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(report["server"]["deliveries_missing"], 0, "{report}");
        report["server"]["bytes_per_delivery"].as_u64().unwrap()
    });
    // The number of an event: `,"seq":7`.
    assert!((7..11).contains(&(numbered - plain)), "{plain} and {numbered}");
    let refused = bench(&without, &["--recovery"]);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("the app needs the switch `recovery`"), "{}", refused.stderr);
    for server in [server, without] {
        assert_eq!(server.stop(Signal::TERM).code, 0);
    }
}

#[test]
fn a_soak_accounts_for_everything() {
    let place = Place::new();
    // The outbox of slow readers overflows near the end of the flood. They read again soon after.
    let server = place.serve(&[], &[&APP[..], &[("CLAIRON_OUTBOX_BYTES", "7000000")]].concat());
    let url = server.ready["http"].as_str().unwrap().to_owned();
    let app = ["--url", &url, "--app-id", "1", "--key", "key", "--secret", "secret"];
    let soak = ["bench", "soak", "--json", "--duration", "4", "--connections", "20", "--members", "5", "--slow", "1"];
    let run = place.run(&[&soak[..], &app].concat());
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let figures = &report["server"];
    assert_eq!(figures["deliveries"], figures["deliveries_expected"]);
    for (figure, least) in
        [("deliveries", 100), ("visits", 20), ("presence_waves", 1), ("slow_readers_closed_with_4100", 1)]
    {
        assert!(figures[figure].as_u64().unwrap() >= least, "{figure} in {report}");
    }
    assert_eq!(server.stop(Signal::TERM).code, 0);
}

#[test]
fn a_soak_tells_what_is_wrong() {
    let place = Place::new();
    // With limits this large, slow readers are never closed.
    let patient = [("CLAIRON_OUTBOX_BYTES", "1000000000"), ("CLAIRON_OUTBOX_FRAMES", "100000")];
    let server = place.serve(&[], &[&APP[..], &patient].concat());
    let url = server.ready["http"].as_str().unwrap().to_owned();
    let app = ["--url", &url, "--app-id", "1", "--key", "key", "--secret", "secret"];
    let run = place.run(&[&["bench", "soak", "--duration", "0.5", "--slow", "2"][..], &app].concat());
    assert_eq!((run.code, run.stderr.lines().last()), (1, Some("error: faults: 1")), "{}", run.stdout);
    assert!(run.stdout.contains("slow readers not closed: 2"), "{}", run.stdout);
}
