//! `clairon config`, and the effect of an invalid setting on other commands.

use clairon_test_servers::certificates::Certificate;

use crate::place::Place;

#[test]
fn without_a_command_there_is_help() {
    let run = Place::new().run(&[]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("Usage: clairon <COMMAND>"), "{}", run.stderr);
}

#[test]
fn the_defaults_are_printed_and_are_right() {
    let place = Place::new();
    let defaults = place.run(&["config"]);
    assert_eq!(defaults.code, 0);
    place.write("clairon.toml", &defaults.stdout);
    let check = place.run(&["config", "--check", "--config", "clairon.toml"]);
    assert_eq!((check.code, check.stdout.as_str(), check.stderr.as_str()), (0, "ok\n", ""));
}

#[test]
fn each_problem_is_a_line() {
    let place = Place::new();
    place.write("clairon.toml", "[server]\nport = 70000\n");
    place.write(".env", "APP_NAME=Laravel\nPUSHER_APP_ID=1\nPUSHER_APP_KEY=k\n");
    let check = place.run(&["config", "--check", "--config", "clairon.toml", "--env-file", ".env"]);
    assert_eq!((check.code, check.stdout.as_str()), (2, ""));
    assert_eq!(
        check.stderr,
        "error: server.port (clairon.toml:2) is 70000: allowed are whole numbers from 0 to 65535\n\
         error: PUSHER_APP_ID (.env) is there without PUSHER_APP_SECRET: \
         an app has PUSHER_APP_ID, PUSHER_APP_KEY and PUSHER_APP_SECRET\n"
    );
}

#[test]
fn certificates_are_read_by_the_check() {
    let place = Place::new();
    let pair = Certificate::self_signed("ws.test");
    let settings = |key: &str| {
        place.write("clairon.toml", &format!("[tls]\ncertificate = '{}'\nkey = '{key}'\n", pair.chain()));
        place.run(&["config", "--check", "--config", "clairon.toml"])
    };
    assert_eq!((settings(&pair.key()).code, settings(&pair.key()).stdout.as_str()), (0, "ok\n"));
    let other = Certificate::self_signed("ws.test");
    let check = settings(&other.key());
    let expected = format!("error: {} and {}: the key does not belong to the certificate\n", pair.chain(), other.key());
    assert_eq!((check.code, check.stderr), (2, expected));
    assert_eq!(settings("no.key").stderr, "error: no.key cannot be read: No such file or directory (os error 2)\n");
}

#[test]
fn what_stops_nothing_is_said_all_the_same() {
    let place = Place::new();
    let app = |names: &str| format!("{names}_APP_ID=1\n{names}_APP_KEY=k\n{names}_APP_SECRET=s\n");
    let file = format!("CLAIRON_PROT=1\n{}{}# NAME=\"Shop\nA=1\n", app("PUSHER"), app("REVERB"));
    place.write(".env", &file);
    let check = place.run(&["config", "--check", "--env-file", ".env"]);
    assert_eq!((check.code, check.stdout.as_str()), (0, "ok\n"));
    assert_eq!(
        check.stderr,
        "note: PUSHER_APP_* counts, not REVERB_APP_*: the driver is neither pusher nor reverb, and PUSHER_APP_* comes first\n\
         warning: .env:8: a quote is opened and never closed: Laravel ignores this line and all that follow\n\
         warning: CLAIRON_PROT (.env) is not a setting and has no effect; the nearest name is CLAIRON_PORT\n"
    );
    place.write(".env", "A=1\nPUSHER_APP_SECRET=hunter 2\n");
    let check = place.run(&["config", "--check", "--env-file", ".env"]);
    assert_eq!(check.code, 2);
    assert_eq!(
        check.stderr,
        "error: .env:2: only a # comment may follow a space or a closing quote: put the whole value in quotes\n"
    );
}

#[test]
fn a_wrong_flag_stops_the_start() {
    let place = Place::new();
    for (arguments, problem) in [
        (["serve", "--port", "x"], "--port is \"x\": allowed are whole numbers from 0 to 65535"),
        (["serve", "--log-format", "xml"], "--log-format is \"xml\": allowed are human and json"),
        (
            ["serve", "--redis", "http://u:pw@h"],
            "--redis is \"http://…@h\": the Redis URL must be redis://host[:port][/db], \
             redis+sentinel://host[:port],…/master-name[/db] or redis+cluster://host[:port],…, with rediss for TLS and \
             user:password@ before the hosts",
        ),
        (
            ["serve", "--database", "mssql://u:pw@h/d"],
            "--database is \"mssql://…@h/d\": allowed are sqlite://FILE, sqlite::memory:, postgres://… and mysql://…",
        ),
    ] {
        let run = place.run(&arguments);
        assert_eq!((run.code, run.stderr), (2, format!("error: {problem}\n")));
    }
    assert!(!place.path().join("clairon.db").exists());
}

#[test]
fn files_are_only_checked_on_request() {
    assert_eq!(Place::new().run(&["config", "--config", "clairon.toml"]).code, 2);
}
