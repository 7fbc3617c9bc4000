//! The lines that changes leave in the log.

use clairon_test_servers::until;
use clairon_tests::admin::{self, call};
use clairon_tests::client::Client;
use clairon_tests::server::Server;
use serde_json::{Value, json};

const SECRET: &str = "hunter2-hunter2";

/// The lines about changes so far: the message, and the fields beside it.
fn lines(server: &Server) -> Vec<Value> {
    let lines = server.log().lines();
    let ours = lines.into_iter().filter(|line| line["message"].to_string().contains("through the admin API"));
    ours.collect()
}

#[test]
fn each_change_leaves_a_line_with_its_author_and_no_secret() {
    let server = admin::builder().start();
    let app = admin::create(&server, &json!({}));
    let path = format!("/apps/{}", app.id);
    let given = json!({"name": "Shop", "capacity": 3, "client_messages": false});
    drop(call(&server, "PATCH", &path, Some(&given)).ok());
    let key = call(&server, "POST", &format!("{path}/keys"), None).json()["key"].as_str().unwrap().to_owned();
    assert_eq!(call(&server, "DELETE", &format!("{path}/keys/{key}"), None).status, 204);
    let webhook = json!({"url": format!("http://u:{SECRET}@127.0.0.1:9/hook?{SECRET}")});
    let added = call(&server, "POST", &format!("{path}/webhooks"), Some(&webhook)).json();
    let webhook = added["id"].as_str().unwrap();
    let one = format!("{path}/webhooks/{webhook}");
    let given = json!({"secret": SECRET, "headers": {"X-Shop": SECRET}, "enabled": true});
    drop(call(&server, "PATCH", &one, Some(&given)).ok());
    let replay = format!("{path}/webhooks/deliveries/replay");
    drop(call(&server, "POST", &replay, Some(&json!({"failed": true}))).ok());
    assert_eq!(call(&server, "DELETE", &one, None).status, 204);
    let event = json!({"name": SECRET, "channels": ["a"], "data": SECRET});
    drop(call(&server, "POST", &format!("{path}/events"), Some(&event)).ok());
    let client = Client::connect(&server, &app);
    let connection = format!("{path}/connections/{}", client.socket_id);
    let event = json!({"name": SECRET, "data": SECRET});
    drop(call(&server, "POST", &format!("{connection}/events"), Some(&event)).ok());
    assert_eq!(call(&server, "DELETE", &connection, None).status, 204);
    for switch in ["disable", "enable"] {
        drop(call(&server, "POST", &format!("{path}/{switch}"), None).ok());
    }
    assert_eq!(call(&server, "DELETE", &path, None).status, 204);
    // What changes nothing leaves no line.
    for (method, path) in [("DELETE", path.clone()), ("PATCH", one), ("POST", format!("{path}/enable"))] {
        let body = (method == "PATCH").then(|| json!({}));
        assert_eq!(call(&server, method, &path, body.as_ref()).status, 404);
    }

    let expected = [
        json!({"message": "app created through the admin API"}),
        json!({"message": "app updated through the admin API", "fields": "capacity, name"}),
        json!({"message": "key added through the admin API", "key": key}),
        json!({"message": "key retired through the admin API", "key": key}),
        json!({
            "message": "endpoint added through the admin API", "webhook": webhook, "url": "http://…@127.0.0.1:9/hook?…",
        }),
        json!({"message": "endpoint updated through the admin API", "webhook": webhook, "fields": "headers, secret"}),
        json!({"message": "deliveries repeated through the admin API", "deliveries": 0}),
        json!({"message": "endpoint removed through the admin API", "webhook": webhook}),
        json!({"message": "event published through the admin API"}),
        json!({"message": "event sent to a connection through the admin API", "socket": client.socket_id}),
        json!({"message": "connection closed through the admin API", "socket": client.socket_id}),
        json!({"message": "app disabled through the admin API"}),
        json!({"message": "app enabled through the admin API"}),
        json!({"message": "app deleted through the admin API"}),
    ];
    let found = until("all lines", || lines(&server), |lines| lines.len() >= expected.len());
    let shown: Vec<_> = found
        .iter()
        .map(|line| {
            assert_eq!((&line["peer"], &line["app"]), (&json!("127.0.0.1"), &json!(app.id)), "{line}");
            assert_eq!(line["level"], "INFO", "{line}");
            let names = ["message", "fields", "key", "webhook", "url", "deliveries", "socket"];
            let fields = names.into_iter().filter(|name| !line[name].is_null());
            Value::Object(fields.map(|name| (name.to_owned(), line[name].clone())).collect())
        })
        .collect();
    assert_eq!(shown, expected);
    assert!(server.log().lines().iter().all(|line| !line.to_string().contains(SECRET)));
}
