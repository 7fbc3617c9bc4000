//! `clairon app update`, `enable` and `disable`

use clairon_registry::AppField;
use serde_json::{Value, json};

use crate::place::{Place, json};

/// A folder with a database that has the app `1`.
fn place() -> Place {
    let place = Place::new();
    json(&place.run(&["app", "create", "--id", "1", "--json"]));
    place
}

/// A flag that sets a field to a value other than the default.
fn flag(field: AppField) -> [String; 2] {
    let value = match field {
        AppField::Name => "Shop".to_owned(),
        AppField::AllowedOrigins => "https://a.test, *.b.test".to_owned(),
        AppField::Webhooks => unreachable!("endpoints are not plain"),
        AppField::Switch(switch) => (!switch.default).to_string(),
        AppField::Limit(_) => "7".to_owned(),
    };
    [format!("--{}", field.name().replace('_', "-")), value]
}

/// The stored value of the field after that.
fn stored(field: AppField) -> Value {
    match field {
        AppField::Name => json!("Shop"),
        AppField::AllowedOrigins => json!(["https://a.test", "*.b.test"]),
        AppField::Webhooks => unreachable!("endpoints are not plain"),
        AppField::Switch(switch) => json!(!switch.default),
        AppField::Limit(_) => json!(7),
    }
}

#[test]
fn every_field_can_be_changed() {
    let place = place();
    let before = json(&place.run(&["app", "show", "1", "--json"]));
    for field in AppField::plain() {
        let name = field.name();
        let [flag, given] = flag(field);
        let changed = json(&place.run(&["app", "update", "1", &flag, &given, "--json"]));
        assert_eq!(changed, json!({"id": "1", "changed": {name: {"from": before[name], "to": stored(field)}}}));
        assert_eq!(json(&place.run(&["app", "show", "1", "--json"]))[name], stored(field));
    }
}

#[test]
fn an_app_is_created_with_every_field() {
    let place = Place::new();
    let flags: Vec<String> = AppField::plain().flat_map(flag).collect();
    let mut arguments = vec!["app", "create", "--id", "2", "--json"];
    arguments.extend(flags.iter().map(String::as_str));
    let created = json(&place.run(&arguments));
    let shown = json(&place.run(&["app", "show", "2", "--json"]));
    for field in AppField::plain() {
        let name = field.name();
        assert_eq!((&created[name], &shown[name]), (&stored(field), &stored(field)), "{name}");
    }
    let run = place.run(&["app", "create", "--id", "3", "--allowed-origins", "a.test", "--presence-members", "0"]);
    let error = "error: --presence-members is \"0\": allowed are whole numbers from 1 to 10000\n";
    assert_eq!((run.code, run.stderr.as_str()), (2, error));
    assert_eq!(place.run(&["app", "show", "3"]).code, 1);
}

#[test]
fn a_change_is_told_and_so_is_none() {
    let place = place();
    let update = ["app", "update", "1", "--event-data-bytes", "20480", "--client-messages", "true", "--capacity", "0"];
    let run = place.run(&update);
    let text = "changed 1\n  client_messages   false -> true\n  event_data_bytes  102400 -> 20480\n";
    assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (0, text, ""));
    assert_eq!(place.run(&update).stdout, "nothing changed: the app 1 is like that already\n");
    let run = place.run(&[&update[..], &["--json"]].concat());
    assert_eq!(json(&run), json!({"id": "1", "changed": {}}));
}

#[test]
fn nothing_is_changed_where_anything_is_wrong() {
    let place = place();
    let long_name = "n".repeat(256);
    for (arguments, problems) in [
        (&[][..], "there is nothing to change: `clairon app update --help` lists what an app has"),
        (&["--capacity", "-1"], "--capacity is \"-1\": allowed are whole numbers from 0 to 4294967295"),
        (&["--cache-ttl-seconds", "0"], "--cache-ttl-seconds is \"0\": allowed are whole numbers from 1 to 86400"),
        (&["--watchlist", "yes"], "--watchlist is \"yes\": allowed are true and false"),
        (
            &["--allowed-origins", "a.test,.b.test"],
            "--allowed-origins is \"a.test,.b.test\": entry 2 of allowed_origins \".b.test\" can never match: no host \
             begins with a dot; write \"*.b.test\"",
        ),
        (&["--name", &long_name], "name has 256 bytes, allowed are 0 to 255"),
        (
            &["--user-id-chars", "x", "--enabled", "2"],
            "--enabled is \"2\": allowed are true and false\n\
             error: --user-id-chars is \"x\": allowed are whole numbers from 1 to 1000",
        ),
    ] {
        let before = place.run(&["app", "show", "1", "--json"]).stdout;
        let run = place.run(
            &[
                &["app", "update", "1", "--statistics", "false"][..usize::from(!arguments.is_empty()) * 2 + 3],
                arguments,
            ]
            .concat(),
        );
        assert_eq!((run.code, run.stderr), (2, format!("error: {problems}\n")));
        assert_eq!(place.run(&["app", "show", "1", "--json"]).stdout, before);
    }
}

#[test]
fn wrong_input_creates_no_database() {
    let place = Place::new();
    for arguments in [
        &["app", "update", "1", "--capacity", "x"][..],
        &["app", "create", "--secret", "\n"],
        &["app", "create", "--from-env", ".env"],
        &["app", "delete", "1"],
    ] {
        assert_eq!(place.run(arguments).code, 2);
        assert!(!place.path().join("clairon.db").exists(), "{arguments:?}");
    }
}

#[test]
fn off_and_on() {
    let place = place();
    for (command, changed, text) in [
        ("enable", false, "nothing changed: the app 1 is enabled already\n"),
        ("disable", true, "disabled 1\n"),
        ("disable", false, "nothing changed: the app 1 is disabled already\n"),
        ("enable", true, "enabled 1\n"),
    ] {
        let run = place.run(&["app", command, "1"]);
        assert_eq!((run.code, run.stdout.as_str()), (0, text));
        if changed {
            let back = if command == "enable" { "disable" } else { "enable" };
            place.run(&["app", back, "1"]);
        }
        let shown = json(&place.run(&["app", command, "1", "--json"]));
        assert_eq!(shown, json!({"id": "1", "enabled": command == "enable", "changed": changed}));
    }
}

#[test]
fn a_declared_app_is_said_to_be_set_back() {
    let place = place();
    let declared = [("PUSHER_APP_ID", "1"), ("PUSHER_APP_KEY", "k"), ("PUSHER_APP_SECRET", "hunter2")];
    let note = "note: these settings declare the app 1: the next start of a server with them undoes this change\n";
    for arguments in
        [&["app", "update", "1", "--name", "x"][..], &["app", "disable", "1"], &["app", "delete", "1", "--yes"]]
    {
        let run = place.run_with(arguments, &declared);
        assert_eq!((run.code, run.stderr.as_str()), (0, note));
    }
}
