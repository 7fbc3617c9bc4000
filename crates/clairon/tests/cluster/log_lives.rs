//! Logs of an app whose recovery is switched off and on, or that is created again.

use clairon_test_servers::eventually;
use clairon_tests::admin;
use clairon_tests::api::Request;
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::recovery::{ask, begin, trigger};
use clairon_tests::server::Server;
use serde_json::{Value, json};

use crate::recovery::{app, come_back, events, lost, next, three};

/// Switches recovery of the app on or off, and waits until all nodes know.
fn switch(servers: [&Server; 3], is_on: bool) {
    let answer = admin::call(servers[2], "PATCH", &format!("/apps/{}", app().id), Some(&json!({"recovery": is_on})));
    assert_eq!(answer.status, 200, "{answer:?}");
    let recovers = |server| ask(&mut Client::connect(server, &app()), "other", &json!(true)) != Value::Null;
    for server in servers {
        eventually("the node knows", || recovers(server) == is_on);
    }
}

#[test]
fn after_the_switch_was_off_a_log_begins_anew() {
    let shared = three();
    let [one, two, three] = shared.servers();
    let mut client = Client::connect(one, &app());
    let before = begin(&mut client, "c");
    trigger(two, &app(), "c", "a", None);
    assert_eq!(next(&mut client, 1), events(&[("a", 1)]));
    switch(shared.servers(), false);
    // Its node may be the last one that knows. What the others have published since is in no log.
    assert_eq!(lost(&mut client)["reason"], "epoch");
    client.socket.abort();
    trigger(two, &app(), "c", "in no log", None);
    switch(shared.servers(), true);
    let (_, answer) = come_back(three, "c", &before.at(1));
    assert_eq!((&answer["recovered"], &answer["reason"]), (&json!(false), &json!("epoch")), "{answer}");
}

#[test]
fn an_app_that_is_created_again_has_none_of_the_logs_of_the_former_one() {
    let shared = three();
    let [one, two, three] = shared.servers();
    switch(shared.servers(), false);
    switch(shared.servers(), true);
    let mut client = Client::connect(one, &app());
    let before = begin(&mut client, "private-c");
    trigger(two, &app(), "private-c", "former", None);
    assert_eq!(next(&mut client, 1), events(&[("former", 1)]));
    client.socket.abort();
    let App { id, key, secret, .. } = app();
    assert_eq!(admin::call(three, "DELETE", &format!("/apps/{id}"), None).status, 204);
    let fields = json!({"id": id, "key": key, "secret": secret, "recovery": false});
    let _ = admin::create(three, &fields);
    let read = |server| Request::get(&app(), "/channels/private-c/events", &[("since", "0")]).send(server);
    for server in [one, two, three] {
        eventually("the node knows", || read(server).status == 404);
    }
    trigger(two, &app(), "private-c", "in no log", None);
    switch(shared.servers(), true);
    for server in [one, two, three] {
        let (mut client, answer) = come_back(server, "private-c", &before.at(1));
        assert_eq!((&answer["recovered"], &answer["reason"]), (&json!(false), &json!("epoch")), "{answer}");
        client.expect_nothing();
    }
    assert_eq!(read(one).ok()["events"], json!([]));
}
