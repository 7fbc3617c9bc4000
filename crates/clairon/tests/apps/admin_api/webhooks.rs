//! Endpoints of webhooks.

use clairon_tests::admin::{self, call, send};
use clairon_tests::app::App;
use clairon_tests::server::Server;
use clairon_tests::webhook::{Reply, WebhookReceiver};
use serde_json::json;

fn start() -> (Server, App, String) {
    let server = admin::builder().start();
    let app = admin::create(&server, &json!({}));
    let path = format!("/apps/{}/webhooks", app.id);
    (server, app, path)
}

#[test]
fn an_endpoint_from_its_addition_to_its_removal() {
    let (server, app, path) = start();
    let given = json!({
        "url": "https://u:hunter2@shop.example/hook?hunter2", "events": ["client_event", "member_added"],
        "channels": ["presence-*"], "headers": {"X-Shop": "hunter2"}, "secret": "hunter2-hunter2",
    });
    let response = call(&server, "POST", &path, Some(&given));
    assert_eq!(response.status, 201, "{response:?}");
    let added = response.json();
    let id = added["id"].as_str().unwrap();
    assert_eq!(response.header("location"), Some(&*format!("webhooks/{id}")));
    let expected = json!({
        "id": id, "url": "https://…@shop.example/hook?…", "events": ["member_added", "client_event"],
        "channels": ["presence-*"], "headers": {"X-Shop": "…"}, "enabled": true, "secret": "…", "declared": false,
    });
    assert_eq!(added, expected);
    let one = format!("{path}/{id}");
    assert_eq!(call(&server, "GET", &one, None).ok(), expected);
    assert_eq!(call(&server, "GET", &path, None).ok(), json!({"webhooks": [expected]}));
    let shown = call(&server, "GET", &format!("/apps/{}", app.id), None).ok();
    assert_eq!(shown["webhooks"], json!([expected]));
    let secret = call(&server, "GET", &format!("{one}?show_secret=true"), None).ok();
    for field in ["url", "headers", "secret"] {
        assert_eq!(secret[field], given[field]);
    }
    for list in [path.clone(), format!("/apps/{}", app.id)] {
        let list = call(&server, "GET", &format!("{list}?show_secret=true"), None).ok();
        assert_eq!(list["webhooks"], json!([secret]));
    }

    let given = json!({"url": "http://other.example", "secret": null, "headers": {}, "enabled": false});
    let changed = call(&server, "PATCH", &one, Some(&given)).ok();
    let expected = json!({
        "id": id, "url": "http://other.example", "events": ["member_added", "client_event"],
        "channels": ["presence-*"], "headers": {}, "enabled": false, "declared": false,
    });
    assert_eq!(changed, expected);
    assert_eq!(call(&server, "DELETE", &one, None).status, 204);
    assert_eq!(call(&server, "GET", &path, None).ok(), json!({"webhooks": []}));
    for method in ["GET", "DELETE", "PATCH", "POST"] {
        let path = if method == "POST" { format!("{one}/test") } else { one.clone() };
        let body = (method == "PATCH").then(|| json!({"enabled": true}));
        call(&server, method, &path, body.as_ref()).assert_problem(404, "no endpoint");
    }
    let log = server.log().to_string();
    assert!(!log.contains("hunter2"), "{log}");
}

#[test]
fn what_is_wrong_is_named_without_secrets() {
    let (server, app, path) = start();
    let wrong = json!({"url": "a.test?hunter2", "headers": {"Host": "hunter2"}, "secret": 1, "hunter": 2});
    let response = call(&server, "POST", &path, Some(&wrong));
    response.assert_problem(422, "url");
    let pointers: Vec<_> = response.json()["errors"].as_array().unwrap().iter().map(|e| e["pointer"].clone()).collect();
    assert_eq!(pointers, ["#/headers", "#/hunter", "#/secret", "#/url"]);
    assert!(!response.body.contains("hunter2"), "{}", response.body);
    call(&server, "POST", &path, Some(&json!({}))).assert_problem(422, "url is missing");
    send(&server, "POST", &path, "[]").assert_problem(422, "not an object");
    let two = json!({"url": "http://u:p@a.test", "headers": {"authorization": "x"}});
    call(&server, "POST", &path, Some(&two)).assert_problem(422, "leave one of them out");
    call(&server, "POST", "/apps/none/webhooks", Some(&json!({"url": "http://a.test"}))).assert_problem(404, "No app");
    let in_app = json!({"webhooks": []});
    call(&server, "PATCH", &format!("/apps/{}", app.id), Some(&in_app)).assert_problem(422, "/apps/{id}/webhooks");
    let endpoint = json!({"url": "http://a.test"});
    for _ in 0..20 {
        assert_eq!(call(&server, "POST", &path, Some(&endpoint)).status, 201);
    }
    call(&server, "POST", &path, Some(&endpoint)).assert_problem(409, "20 endpoints");
}

#[test]
fn a_sample_is_sent_and_the_answer_shown() {
    let (server, app, path) = start();
    let answer = b"HTTP/1.1 410 Gone\r\nContent-Length: 3\r\n\r\nbye";
    let receiver = WebhookReceiver::answering(|_| Reply::Bytes(answer.to_vec()));
    let added = call(&server, "POST", &path, Some(&json!({"url": receiver.url(), "events": ["cache_miss"]}))).json();
    let test = format!("{path}/{}/test", added["id"].as_str().unwrap());
    let result = call(&server, "POST", &test, None).ok();
    let [request] = &receiver.requests()[..] else { panic!("{receiver:?}") };
    request.assert_signed_by(&app);
    assert_eq!(
        [&result["delivered"], &result["status"], &result["answer"], &result["body"]],
        [&json!(false), &json!(410), &json!("bye"), &json!(request.body)]
    );
    assert_eq!(request.events, [json!({"name": "cache_miss", "channel": "cache-sample"})]);
    assert_eq!(Some(request.delivery()), result["delivery"].as_str());
}
