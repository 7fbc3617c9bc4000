//! An app that the environment declares, after a restart of its server.

use clairon_tests::api::Request;
use clairon_tests::app::App;
use clairon_tests::server::Server;
use serde_json::json;

use super::site::{Database, SqliteFile, clairon, rotated};

fn start(database: &str, app: &App) -> Server {
    Server::builder().database(database).app(app.clone()).start()
}

#[test]
fn its_fields_are_set_back_and_its_keys_stay() {
    let (database, app) = (SqliteFile::new(), App::new("declared"));
    let url = database.url();
    drop(start(&url, &app));
    clairon(&url, &["update", &app.id, "--client-messages", "true", "--enabled", "false"]);
    let new = rotated(&app, &clairon(&url, &["rotate", &app.id]));
    let server = start(&url, &app);
    let shown = clairon(&url, &["show", &app.id]);
    assert_eq!((&shown["client_messages"], &shown["enabled"]), (&json!(false), &json!(true)));
    for backend in [app, new] {
        assert_eq!(Request::get(&backend, "/channels", &[]).send(&server).status, 200);
    }
}

#[test]
fn a_retired_key_comes_back_in_place_of_all_others() {
    let (database, app) = (SqliteFile::new(), App::new("declared"));
    let url = database.url();
    drop(start(&url, &app));
    clairon(&url, &["rotate", &app.id]);
    clairon(&url, &["rotate", &app.id, "--retire", &app.key]);
    let server = start(&url, &app);
    assert_eq!(Request::get(&app, "/channels", &[]).send(&server).status, 200);
    let shown = clairon(&url, &["show", &app.id]);
    assert_eq!((shown["keys"].as_array().map(Vec::len), &shown["key"]), (Some(1), &json!(app.key)));
}
