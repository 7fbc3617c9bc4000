//! `clairon app`

use rustix::process::Signal;
use serde_json::Value;

use crate::place::{Place, json};

#[test]
fn no_database_is_made_where_there_has_to_be_one() {
    let place = Place::new();
    let path = place.path().join("clairon.db");
    for arguments in
        [&["app", "list"][..], &["app", "show", "1"], &["stats"], &["publish", "--app", "1", "a", "b", "c"]]
    {
        let run = place.run(arguments);
        assert_eq!(run.code, 2, "{arguments:?}: {}", run.stderr);
        let told = format!("error: there is no database {}: run this in the server's folder", path.display());
        assert!(run.stderr.starts_with(&told), "{arguments:?}: {}", run.stderr);
        assert!(!path.exists());
    }
    assert_eq!(place.run(&["app", "create"]).code, 0);
    assert_eq!(place.run(&["app", "list"]).code, 0);
}

#[test]
fn an_app_from_its_creation_to_its_end() {
    let place = Place::new();
    let created = json(&place.run(&["app", "create", "--name", "Shop", "--json"]));
    let id = created["id"].as_str().unwrap();
    let secret = created["secret"].as_str().unwrap();
    assert_eq!((created["name"].as_str(), secret.len()), (Some("Shop"), 40));

    let list = place.run(&["app", "list"]);
    assert!(list.stdout.contains(id) && list.stdout.ends_with("yes      Shop\n"), "{}", list.stdout);
    let list = json(&place.run(&["app", "list", "--json"]));
    assert_eq!((list[0]["id"].as_str(), list[0].get("secret")), (Some(id), None));

    let shown = json(&place.run(&["app", "show", id, "--json"]));
    assert_eq!(shown, list[0]);
    assert_eq!(json(&place.run(&["app", "show", id, "--show-secret", "--json"])), created);

    assert_eq!(json(&place.run(&["app", "delete", id, "--yes", "--json"]))["deleted"], true);
    assert_eq!(json(&place.run(&["app", "list", "--json"])), Value::Array(Vec::new()));
}

#[test]
fn an_app_is_shown_as_the_settings_have_it() {
    let place = Place::new();
    let created = place.run(&["app", "create", "--id", "1", "--key", "k", "--secret", "a\"b$c'd"]);
    assert_eq!(created.code, 0);
    let shown = place.run(&["app", "show", "1", "--show-secret"]).stdout;
    assert!(created.stdout.starts_with(&shown), "{} {shown}", created.stdout);
    assert!(!place.run(&["app", "show", "1"]).stdout.contains("secret"));
    place.write("clairon.toml", &shown);
    assert_eq!(place.run(&["config", "--check", "--config", "clairon.toml"]).stdout, "ok\n");
}

#[test]
fn what_to_paste_is_that_of_the_welcome() {
    let place = Place::new();
    let settings = [("CLAIRON_SERVER_PATH_PREFIX", "/ws"), ("CLAIRON_PORT", "8443")];
    let created = place.run_with(&["app", "create", "--id", "1", "--key", "k", "--secret", "a\"b"], &settings);
    let paste = place.run_with(&["app", "show", "1", "--env", "--show-secret"], &settings).stdout;
    assert!(created.stdout.ends_with(&format!("\n{paste}")), "{} {paste}", created.stdout);
    for line in [
        "PUSHER_APP_ID=1\nPUSHER_APP_KEY=k\nPUSHER_APP_SECRET=\"a\\\"b\"\n",
        "PUSHER_HOST=127.0.0.1\nPUSHER_PORT=8443\nPUSHER_SCHEME=http\n",
        "    wsPath: '/ws',\n",
    ] {
        assert!(paste.contains(line), "no {line} in {paste}");
    }
    let server = place.serve(&[], &[("CLAIRON_SERVER_PATH_PREFIX", "/ws")]);
    let port = server.ready["http"].as_str().unwrap().rsplit_once(':').unwrap().1.to_owned();
    let welcome = server.stop(Signal::TERM);
    let hidden = place.run_with(&["app", "show", "1", "--env"], &settings).stdout;
    assert!(
        hidden.contains("# PUSHER_APP_SECRET: clairon app show 1 --env --show-secret\n") && !hidden.contains("a\\\"b")
    );
    let welcome = format!("{}\n{}", welcome.printed("env"), welcome.printed("echo"));
    assert_eq!(welcome, hidden.replace("8443", &port));
    let both = json(&place.run_with(&["app", "show", "1", "--env", "--json"], &settings));
    assert_eq!(format!("{}\n{}", both["env"].as_str().unwrap(), both["echo"].as_str().unwrap()), hidden);
}

#[test]
fn a_new_app_has_the_limits_of_the_settings() {
    let place = Place::new();
    place.write("clairon.toml", "[limits]\ncapacity = 7\npresence_members = 8\n");
    let created = json(&place.run(&["app", "create", "--config", "clairon.toml", "--json"]));
    assert_eq!((&created["capacity"], &created["presence_members"]), (&7.into(), &8.into()));
}

#[test]
fn the_database_is_the_one_that_was_named() {
    let place = Place::new();
    place.run(&["app", "create", "--id", "1", "--database", "sqlite://other.db"]);
    assert!(place.path().join("other.db").exists() && !place.path().join("clairon.db").exists());
    assert_eq!(place.run(&["app", "show", "1", "--database", "sqlite://other.db"]).code, 0);
}

#[test]
fn what_cannot_be_done_is_said() {
    let place = Place::new();
    place.run(&["app", "create", "--id", "1"]);
    for (arguments, code, error) in [
        (&["app", "show", "9"][..], 1, "no app has the id 9"),
        (&["app", "delete", "9", "--yes"], 1, "no app has the id 9"),
        (&["app", "delete", "1"], 2, "app delete 1 needs --yes where nobody can be asked"),
        (&["app", "create", "--id", "1"], 1, "an app with id 1 exists already"),
        (&["app", "update", "9", "--name", "x"], 1, "no app has the id 9"),
        (&["app", "enable", "9"], 1, "no app has the id 9"),
        (&["app", "disable", "9"], 1, "no app has the id 9"),
        (&["app", "rotate", "9"], 1, "no app has the id 9"),
        (&["app", "rotate", "9", "--retire", "k"], 1, "no app has the id 9"),
        (
            &["app", "create", "--secret", "hunter2\n"],
            2,
            "--secret: a secret has 1 to 256 bytes and no control characters (this one has 8 bytes)",
        ),
    ] {
        let run = place.run(arguments);
        assert_eq!((run.code, run.stderr), (code, format!("error: {error}\n")));
    }
    assert_eq!(place.run(&["app", "show", "1"]).code, 0);
}
