//! `clairon app create --from-env`

use serde_json::json;

use crate::place::{Place, json};

const PUSHER: &str = "PUSHER_APP_ID=1\nPUSHER_APP_KEY=\"app-${PUSHER_APP_ID}\"\nPUSHER_APP_SECRET=hunter2\n";
const REVERB: &str = "REVERB_APP_ID=2\nREVERB_APP_KEY=reverb-key\nREVERB_APP_SECRET=hunter3\n";

#[test]
fn the_credentials_of_the_project_are_taken() {
    for (file, expected) in [
        (PUSHER.to_owned(), json!(["1", "app-1", "hunter2"])),
        (REVERB.to_owned(), json!(["2", "reverb-key", "hunter3"])),
        (format!("PUSHER_APP_ID=\nPUSHER_APP_KEY=\n{REVERB}"), json!(["2", "reverb-key", "hunter3"])),
        (format!("BROADCAST_CONNECTION=pusher\n{PUSHER}{REVERB}"), json!(["1", "app-1", "hunter2"])),
        (format!("BROADCAST_CONNECTION=reverb\n{PUSHER}{REVERB}"), json!(["2", "reverb-key", "hunter3"])),
        (format!("BROADCAST_CONNECTION=log\n{REVERB}PUSHER_APP_ID=1\n"), json!(["2", "reverb-key", "hunter3"])),
        (
            "APP_NAME=Joe's\r\nFOO\r\nPUSHER_APP_ID=3#1\r\nPUSHER_APP_KEY=\"'k'\"\r\nPUSHER_APP_SECRET=hunter$2\r\n"
                .to_owned(),
            json!(["3", "k", "hunter$2"]),
        ),
    ] {
        let place = Place::new();
        place.write("project.env", &file);
        let run = place.run(&["app", "create", "--from-env", "project.env", "--name", "Shop"]);
        assert!(run.code == 0 && !run.stdout.contains("hunter"), "{}{}", run.stdout, run.stderr);
        let id = expected[0].as_str().unwrap();
        let app = json(&place.run(&["app", "show", id, "--show-secret", "--json"]));
        assert_eq!((&json!([app["id"], app["key"], app["secret"]]), &app["name"]), (&expected, &json!("Shop")));
    }
}

#[test]
fn the_process_wins_over_the_file() {
    let place = Place::new();
    place.write(".env", PUSHER);
    let process = [("PUSHER_APP_ID", "9"), ("PUSHER_APP_SECRET", "'hunter9'")];
    let run = place.run_with(&["app", "create", "--from-env", ".env"], &process);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let app = json(&place.run(&["app", "show", "9", "--show-secret", "--json"]));
    assert_eq!((&app["key"], &app["secret"]), (&json!("app-9"), &json!("hunter9")));
}

#[test]
fn what_is_missing_is_named() {
    let place = Place::new();
    for (file, problem) in [
        (None, "there is no such file"),
        (Some("PUSHER_APP_ID=1\nPUSHER_APP_KEY=k\n"), "there is no PUSHER_APP_SECRET"),
        (Some("REVERB_APP_SECRET=hunter2"), "there is no REVERB_APP_ID and no REVERB_APP_KEY"),
        (Some("PUSHER_APP_ID=1\nPUSHER_APP_KEY=k\nPUSHER_APP_SECRET=null\n"), "there is no PUSHER_APP_SECRET"),
        (
            Some("APP_NAME=Shop\n"),
            "there is neither PUSHER_APP_ID, PUSHER_APP_KEY, PUSHER_APP_SECRET \
             nor REVERB_APP_ID, REVERB_APP_KEY, REVERB_APP_SECRET",
        ),
        (
            Some("PUSHER_APP_ID=1\nPUSHER_APP_KEY='hunter 2'\nPUSHER_APP_SECRET=s\n"),
            "PUSHER_APP_KEY: an app key has 1 to 64 characters of A-Z a-z 0-9 _ - . (this one has 8 bytes)",
        ),
    ] {
        if let Some(text) = file {
            place.write(".env", text);
        }
        let run = place.run(&["app", "create", "--from-env", ".env"]);
        assert_eq!((run.code, run.stderr), (2, format!("error: --from-env .env: {problem}\n")));
    }
    assert!(!place.path().join("clairon.db").exists());
}

#[test]
fn credentials_come_from_one_place() {
    let run = Place::new().run(&["app", "create", "--from-env", ".env", "--secret", "hunter2"]);
    assert!(run.code == 2 && run.stderr.contains("cannot be used with") && !run.stderr.contains("hunter2"));
}
