//! Several current keys of one app.

use clairon_tests::api::{self, Request};
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::{sign, suite};
use serde_json::{Value, json};

use super::site::{Site, SqliteFile, rotated};

/// The app with an additional key. The server knows the key when this returns.
fn rotate(site: &Site) -> App {
    let new = rotated(&site.app, &site.clairon(&["rotate", &site.app.id]));
    site.wait_for_status(&new, 200);
    new
}

/// A connection with the key of `with`. The backend signs everything with that of `signer`.
fn connect(site: &Site, with: &App, signer: &App, user: &str) -> Client {
    let mut client = Client::connect(&site.server, with);
    client.app = signer.clone();
    client.subscribe("private-room");
    client.join(&format!("presence-{user}"), &json!({"user_id": user}).to_string());
    client.sign_in(&json!({"id": user}).to_string());
    client
}

pub(crate) fn both_keys_serve_for_everything_until_one_is_retired(site: &Site) {
    let (old, new) = (site.app.clone(), rotate(site));
    let pairs = [(&old, &old), (&old, &new), (&new, &old), (&new, &new)];
    let users = ["ann", "bob", "carl", "dora"];
    let mut clients: Vec<Client> =
        pairs.into_iter().zip(users).map(|((with, signer), user)| connect(site, with, signer, user)).collect();
    for backend in [&old, &new] {
        api::trigger(&site.server, backend, "private-room", "e", &backend.key);
        for client in &mut clients {
            assert_eq!(client.expect("e")["data"], backend.key);
        }
    }

    site.clairon(&["rotate", &site.app.id, "--retire", &old.key]);
    site.wait_for_status(&old, 401);
    assert_eq!(site.refusal(&old.key), Some(4001));
    api::trigger(&site.server, &new, "private-room", "e", "after");
    for client in &mut clients {
        assert_eq!(client.expect("e")["data"], "after");
        refuse(client, &old);
        client.app = new.clone();
        client.subscribe("private-later");
    }
    let mut late = connect(site, &new, &new, "eva");
    late.expect_nothing();
}

/// Asserts that everything signed with this key is refused.
fn refuse(client: &mut Client, signer: &App) {
    client.app = signer.clone();
    client.send("pusher:subscribe", &json!({"channel": "private-late", "auth": client.auth("private-late", None)}));
    client.refused("private-late");
    client.ask_to_join("presence-late", r#"{"user_id":"late"}"#);
    client.refused("presence-late");
    let auth = sign::user(signer, &client.socket_id, r#"{"id":"late"}"#);
    client.send("pusher:signin", &json!({"auth": auth, "user_data": r#"{"id":"late"}"#}));
    client.complained();
}

#[test]
fn a_stopped_server_has_told_which_keys_were_used() {
    let site = Site::start(SqliteFile::new());
    let (old, new) = (site.app.clone(), rotate(&site));
    assert_eq!(Request::get(&new, "/channels", &[]).send(&site.server).status, 200);
    let app = site.stop();
    let used = |key: &str| {
        let keys = app["keys"].as_array().into_iter().flatten();
        keys.into_iter().find(|view| view["key"] == key).map(|view| view["last_used_at"].clone())
    };
    assert!(used(&new.key).is_some_and(|at| at.is_string()), "{app}");
    assert_eq!(used(&old.key), Some(Value::Null), "{app}");
}

#[test]
fn the_server_library_signs_with_the_old_one() {
    let site = Site::start(SqliteFile::new());
    rotate(&site);
    suite::node_as(&site.server, &site.app, "library");
}

#[test]
fn the_server_library_signs_with_the_new_one() {
    let site = Site::start(SqliteFile::new());
    suite::node_as(&site.server, &rotate(&site), "library");
}
