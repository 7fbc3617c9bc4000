//! `clairon serve`

use std::net::TcpListener;

use rustix::process::Signal;
use serde_json::Value;

use crate::{
    place::{Place, Run, json},
    server::Server,
};

/// The value of a line `NAME=value` for `.env` in the output of a server.
fn value(run: &Run, name: &str) -> String {
    let env = run.printed("env");
    let line = env.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    line.unwrap_or_else(|| panic!("no {name} in {env}")).to_owned()
}

#[test]
fn the_first_app_is_found_again() {
    let place = Place::new();
    let first = place.serve(&[], &[]).stop(Signal::TERM);
    let second = place.serve(&[], &[]).stop(Signal::INT);
    assert_eq!((first.code, second.code), (0, 0));
    for name in ["PUSHER_APP_ID", "PUSHER_APP_KEY"] {
        assert_eq!(value(&first, name), value(&second, name));
    }
    let id = value(&first, "PUSHER_APP_ID");
    assert_eq!(value(&first, "PUSHER_APP_SECRET").len(), 40);
    let told = format!("\n# PUSHER_APP_SECRET: clairon app show {id} --env --show-secret\n");
    assert!(second.printed("env").contains(&told), "{}", second.stdout);
    assert!(!second.stdout.contains(&value(&first, "PUSHER_APP_SECRET")));
}

#[test]
fn the_ready_line_has_the_addresses() {
    let place = Place::new();
    let server = place.serve(&[], &[("CLAIRON_SERVER_PATH_PREFIX", "/ws")]);
    let ready = server.ready.clone();
    let port = ready["http"].as_str().unwrap().strip_prefix("http://127.0.0.1:").unwrap().to_owned();
    assert_eq!(ready["ws"], format!("ws://127.0.0.1:{port}/ws/app/{{key}}"));
    assert_eq!((&ready["database"], &ready["apps"]), (&"sqlite://clairon.db".into(), &1.into()));
    let run = server.stop(Signal::TERM);
    assert_eq!(value(&run, "PUSHER_PORT"), port);
    assert!(run.printed("echo").contains("wsPath: '/ws',"), "{}", run.stdout);
}

#[test]
fn an_app_of_the_environment_is_declared() {
    let place = Place::new();
    place.write(".env", "PUSHER_APP_ID=7\nPUSHER_APP_KEY=\"app-${PUSHER_APP_ID}\"\nPUSHER_APP_SECRET=hunter2\n");
    let declare = [("CLAIRON_APP_CLIENT_MESSAGES", "true"), ("CLAIRON_DATABASE_URL", "sqlite://apps.db")];
    let run = place.serve(&["--env-file", ".env"], &declare).stop(Signal::TERM);
    assert_eq!(run.code, 0);
    assert_eq!(run.printed("app"), "7");
    assert!(run.printed("ws").starts_with("ws://127.0.0.1:"), "{}", run.stdout);
    assert!(!format!("{}{}", run.stdout, run.stderr).contains("hunter2"));
    let list = place.run(&["app", "list", "--json", "--database", "sqlite://apps.db"]).stdout;
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 1);
    assert_eq!((&list[0]["key"], &list[0]["client_messages"]), (&"app-7".into(), &true.into()));
}

#[test]
fn without_redis_no_app_is_made_whose_secret_nobody_sees() {
    let place = Place::new();
    let run = place.run(&["serve", "--host=127.0.0.1", "--port=0", "--redis=redis://127.0.0.1:1"]);
    assert_eq!(run.code, 1);
    assert!(run.stdout.is_empty() && run.stderr.contains("redis://127.0.0.1:1"), "{}{}", run.stdout, run.stderr);
    assert_eq!(place.run(&["app", "list", "--json"]).stdout, "[]\n");
}

#[test]
fn the_app_of_a_project_that_is_not_served_is_told_of() {
    let place = Place::new();
    place.write(".env", "PUSHER_APP_ID=5\nPUSHER_APP_KEY=k\nPUSHER_APP_SECRET=hunter2\n");
    let hints = |server: &Server| {
        let about = |line: &&Value| line["message"].as_str().is_some_and(|text| text.contains("--env-file .env"));
        server.starting.iter().filter(about).map(|line| line["app"].clone()).collect::<Vec<_>>()
    };
    let server = place.serve(&[], &[]);
    assert_eq!(hints(&server), ["5"]);
    server.stop(Signal::TERM);
    let server = place.serve(&["--env-file", ".env"], &[]);
    assert_eq!(hints(&server), [""; 0]);
    server.stop(Signal::TERM);
    // From now on the app is in the registry.
    let server = place.serve(&[], &[]);
    assert_eq!(hints(&server), [""; 0]);
    server.stop(Signal::TERM);
}

#[test]
fn an_app_of_reverb_is_declared_and_told() {
    let place = Place::new();
    let variables = [
        ("REVERB_APP_ID", "8"),
        ("REVERB_APP_KEY", "app-8"),
        ("REVERB_APP_SECRET", "hunter2"),
        ("REVERB_SERVER_PATH", "ws"),
        ("REVERB_SCALING_ENABLED", "true"),
    ];
    let server = place.serve(&[], &variables);
    let told: Vec<_> =
        server.starting.iter().filter(|line| line["message"] == "variables of Reverb or soketi").collect();
    assert_eq!(told.len(), 1);
    assert_eq!(
        told[0]["used"],
        "REVERB_APP_ID for id, REVERB_APP_KEY for key, REVERB_APP_SECRET for secret, \
         REVERB_SERVER_PATH for server.path_prefix, Reverb's default for client_messages"
    );
    assert_eq!(told[0]["without_effect"], "REVERB_SCALING_ENABLED");
    assert!(!format!("{:?}", server.starting).contains("hunter2"));
    let run = server.stop(Signal::TERM);
    assert!(run.printed("ws").ends_with("/ws/app/app-8"), "{}", run.stdout);
    assert!(run.printed("env").starts_with("REVERB_HOST=127.0.0.1\n"), "{}", run.stdout);
    assert!(!run.stdout.contains("PUSHER"), "{}", run.stdout);
}

/// The variables that Kubernetes and Docker set because of services named `clairon`, `clairon-server` and
/// `clairon-redis`.
#[test]
fn what_orchestrators_set_stops_nothing() {
    let place = Place::new();
    let variables = [
        ("CLAIRON_LOG", "debug"),
        ("CLAIRON_SERVICE_HOST", "10.0.0.7"),
        ("CLAIRON_SERVICE_PORT", "6001"),
        ("CLAIRON_SERVICE_PORT_HTTP", "6001"),
        ("CLAIRON_PORT", "tcp://10.0.0.7:6001"),
        ("CLAIRON_PORT_6001_TCP", "tcp://10.0.0.7:6001"),
        ("CLAIRON_PORT_6001_TCP_PROTO", "tcp"),
        ("CLAIRON_PORT_6001_TCP_PORT", "6001"),
        ("CLAIRON_PORT_6001_TCP_ADDR", "10.0.0.7"),
        ("CLAIRON_SERVER_SERVICE_HOST", "10.0.0.8"),
        ("CLAIRON_SERVER_PORT", "tcp://10.0.0.8:6001"),
        ("CLAIRON_REDIS_PORT_6379_TCP", "tcp://10.0.0.9:6379"),
        ("CLAIRON_REDIS_NAME", "/shop/clairon-redis"),
        ("CLAIRON_REDIS_ENV_REDIS_VERSION", "7"),
        ("CLAIRON_APP_NAME", "/shop/clairon-app"),
        ("CLAIRON_SEVRER_HOST", "hunter2"),
        ("PUSHER_APP_ID", "1"),
        ("PUSHER_APP_KEY", "k"),
        ("PUSHER_APP_SECRET", "s"),
    ];
    let server = place.serve(&[], &variables);
    let of_settings = |level: &'static str| {
        let lines = server.starting.iter().filter(move |line| line["level"] == level);
        lines
            .filter(|line| line["target"].as_str().is_some_and(|target| target.ends_with("remarks")))
            .collect::<Vec<_>>()
    };
    let [warning] = of_settings("WARN")[..] else { panic!("{:?}", server.starting) };
    assert_eq!(
        warning["message"],
        "CLAIRON_SEVRER_HOST is not a setting and has no effect; the nearest name is CLAIRON_SERVER_HOST"
    );
    let [passed_over] = of_settings("DEBUG")[..] else { panic!("{:?}", server.starting) };
    assert_eq!(passed_over["variables"].as_str().unwrap().split(", ").count(), 14);
    server.stop(Signal::TERM);
    let app = json(&place.run(&["app", "show", "1", "--json"]));
    assert_eq!(app["name"], "");
}

#[test]
fn one_line_says_which_credentials_count() {
    let place = Place::new();
    place.write(
        ".env",
        "APP_NAME=Joe's\nFOO\nBROADCAST_CONNECTION=reverb\nPUSHER_APP_ID=1\nREVERB_APP_ID=2\nREVERB_APP_KEY=k#1\n\
         REVERB_APP_SECRET=\"pa$word^\"\n",
    );
    let server = place.serve(&["--env-file", ".env"], &[]);
    let told = "REVERB_APP_* counts, not PUSHER_APP_*: BROADCAST_CONNECTION is reverb";
    assert_eq!(server.starting.iter().filter(|line| line["message"] == told).count(), 1, "{:?}", server.starting);
    let run = server.stop(Signal::TERM);
    assert!(run.printed("env").starts_with("REVERB_HOST=127.0.0.1\n"), "{}", run.stdout);
    let app = json(&place.run(&["app", "show", "2", "--show-secret", "--json"]));
    assert_eq!((&app["key"], &app["secret"]), (&"k".into(), &"pa$word^".into()));
}

#[test]
fn a_port_in_use_is_named() {
    let place = Place::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let run = place.run(&["serve", "--host", "127.0.0.1", "--port", &port.to_string()]);
    let error = format!(
        "error: port {port} of 127.0.0.1 is in use by another program: stop it, or pick another port with --port\n"
    );
    assert_eq!(run.code, 1);
    assert!(run.stderr.ends_with(&error), "{}", run.stderr);
    assert!(!place.path().join("clairon.db").exists());
}
