//! The keys of an app: `clairon app rotate`, and the keys in `clairon app show`.

use serde_json::{Value, json};

use crate::place::{Place, json};

fn keys(app: &Value) -> Vec<&str> {
    app["keys"].as_array().unwrap().iter().map(|key| key["key"].as_str().unwrap()).collect()
}

#[test]
fn a_pair_is_added_and_the_old_one_retired() {
    let place = Place::new();
    place.run(&["app", "create", "--id", "1", "--key", "old", "--secret", "hunter2"]);
    let run = place.run(&["app", "rotate", "1", "--json"]);
    let rotated = json(&run);
    let new = rotated["key"].as_str().unwrap();
    assert_eq!((rotated["secret"].as_str().unwrap().len(), keys(&rotated)), (40, vec![new, "old"]));
    assert!(!run.stdout.contains("hunter2"));

    let shown = json(&place.run(&["app", "show", "1", "--show-secret", "--json"]));
    assert_eq!((&shown["key"], &shown["secret"]), (&rotated["key"], &rotated["secret"]));
    assert_eq!((keys(&shown), &shown["keys"][1]["secret"]), (vec![new, "old"], &json!("hunter2")));

    let retired = json(&place.run(&["app", "rotate", "1", "--retire", "old", "--json"]));
    assert_eq!((&retired["retired"], keys(&retired)), (&json!("old"), vec![new]));
    let run = place.run(&["app", "rotate", "1", "--retire", new]);
    let error = "error: the key is the only one of the app 1: add another one first\n";
    assert_eq!((run.code, run.stderr.as_str()), (1, error));
    assert_eq!(keys(&json(&place.run(&["app", "show", "1", "--json"]))), [new]);
}

#[test]
fn a_new_pair_is_printed_with_what_to_paste() {
    let place = Place::new();
    place.run(&["app", "create", "--id", "1", "--key", "old", "--secret", "hunter2"]);
    let run = place.run(&["app", "rotate", "1"]);
    let paste = place.run(&["app", "show", "1", "--env", "--show-secret"]).stdout;
    assert!(run.code == 0 && run.stdout.ends_with(&format!("\n{paste}")), "{} {paste}", run.stdout);
    assert!(run.stdout.contains("# key old: created ") && !run.stdout.contains("hunter2"), "{}", run.stdout);
    let retired = place.run(&["app", "rotate", "1", "--retire", "old"]).stdout;
    assert!(retired.starts_with("# retired old; the remaining keys:\n# key "), "{retired}");
}

#[test]
fn times_are_told_exactly_and_for_people() {
    let place = Place::new();
    place.run(&["app", "create", "--id", "1", "--key", "k"]);
    let shown = json(&place.run(&["app", "show", "1", "--json"]));
    let key = &shown["keys"][0];
    assert_eq!(key["last_used_at"], Value::Null);
    let line = format!("# key k: created {} (just now), last used never\n", key["created_at"].as_str().unwrap());
    let text = place.run(&["app", "show", "1"]).stdout;
    assert!(text.ends_with(&line), "no {line} in {text}");
}

#[test]
fn what_is_no_key_is_not_repeated() {
    let place = Place::new();
    place.run(&["app", "create", "--id", "1", "--key", "k", "--secret", "hunter2"]);
    let run = place.run(&["app", "rotate", "1", "--retire", "hunter2"]);
    let error = "error: the app 1 has no such key (the one given has 7 characters)\n";
    assert_eq!((run.code, run.stderr.as_str()), (1, error));
}

#[test]
fn an_app_has_ten_keys_at_most() {
    let place = Place::new();
    place.run(&["app", "create", "--id", "1"]);
    for _ in 1..10 {
        assert_eq!(place.run(&["app", "rotate", "1"]).code, 0);
    }
    let run = place.run(&["app", "rotate", "1"]);
    assert_eq!((run.code, run.stderr.as_str()), (1, "error: the app has 11 keys, allowed are 1 to 10\n"));
}

#[test]
fn retiring_a_declared_key_is_said_not_to_last() {
    let place = Place::new();
    place.run(&["app", "create", "--id", "1", "--key", "k"]);
    let declared = [("PUSHER_APP_ID", "1"), ("PUSHER_APP_KEY", "k"), ("PUSHER_APP_SECRET", "hunter2")];
    assert_eq!(place.run_with(&["app", "rotate", "1"], &declared).stderr, "");
    let run = place.run_with(&["app", "rotate", "1", "--retire", "k"], &declared);
    let note = "note: these settings declare the app 1 with this key: the next start of a server with them restores it, \
                in place of all others\n";
    assert_eq!((run.code, run.stderr.as_str()), (0, note));
}
