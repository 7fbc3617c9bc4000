//! Triggering: single events and batches, the events that subscribers get, attributes, limits, refusals.

use clairon_test_servers::SharedServer;
use clairon_tests::api::{self, Request};
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::http::Response;
use clairon_tests::server::Server;
use serde_json::{Value, json};

const DATA_BYTES: usize = 102_400;

static SERVER: SharedServer<Server> = SharedServer::new(|| {
    let small = App::new("small")
        .with("event_data_bytes", 10)
        .with("event_name_chars", 4)
        .with("channel_name_bytes", 5)
        .with("channels_per_event", 2)
        .with("events_per_batch", 1);
    Server::builder().app(app()).app(small).start()
});

fn app() -> App {
    App::new("trigger")
}

fn subscriber(server: &Server, channels: &[&str]) -> Client {
    let mut client = Client::connect(server, &app());
    for channel in channels {
        client.subscribe(channel);
    }
    client
}

fn post(server: &Server, path: &str, body: &Value) -> Response {
    Request::post(&app(), path, body).send(server)
}

fn received(channel: &str, data: &str) -> Value {
    json!({"event": "e", "channel": channel, "data": data})
}

#[test]
fn every_way_to_name_channels() {
    let server = SERVER.get();
    let mut client = subscriber(&server, &["ways-a", "ways-b"]);
    for (body, channels) in [
        (json!({"name": "e", "data": "d", "channel": "ways-a"}), vec!["ways-a"]),
        (json!({"name": "e", "data": "d", "channels": ["ways-a"]}), vec!["ways-a"]),
        (json!({"name": "e", "data": "d", "channels": ["ways-a", "ways-b"]}), vec!["ways-a", "ways-b"]),
        // Each channel gets an event once.
        (json!({"name": "e", "data": "d", "channels": ["ways-a", "ways-a"]}), vec!["ways-a"]),
        (
            json!({"name": "e", "data": "d", "channel": "ways-a", "more": [1], "socket_id": null, "info": null}),
            vec!["ways-a"],
        ),
        (json!({"name": "e", "data": "d", "channel": "nobody-there"}), vec![]),
    ] {
        assert_eq!(post(&server, "/events", &body).ok(), json!({}), "{body}");
        let expected: Vec<Value> = channels.iter().map(|channel| received(channel, "d")).collect();
        assert_eq!(client.fence(), expected, "{body}");
    }
}

#[test]
fn parameters_may_come_in_the_query() {
    let server = SERVER.get();
    let mut client = subscriber(&server, &["query-a", "query-b"]);
    for (parameters, body) in [
        (&[("name", "e"), ("channel", "query-a")][..], r#"{"data":"d"}"#),
        (&[("name", "e"), ("channel", "query-a"), ("data", "d")], ""),
        (&[("channels[]", "query-a")], r#"{"name":"e","data":"d"}"#),
    ] {
        let request = Request::new(&app(), "POST", "/events", parameters, body);
        assert_eq!(request.send(&server).ok(), json!({}), "{parameters:?}");
        assert_eq!(client.fence(), [received("query-a", "d")], "{parameters:?}");
    }
    let id = client.socket_id.clone();
    let parameters = [("socket_id", id.as_str()), ("info", "subscription_count")];
    let body = r#"{"name":"e","data":"d","channel":"query-b"}"#;
    let answer = Request::new(&app(), "POST", "/events", &parameters, body).send(&server).ok();
    assert_eq!(answer, json!({"channels": {"query-b": {"subscription_count": 1}}}));
    client.expect_nothing();
}

#[test]
fn data_arrives_as_it_was_sent() {
    let server = SERVER.get();
    let mut client = subscriber(&server, &["data"]);
    for (sent, arrives) in [
        (r#""text""#, "text"),
        (r#""""#, ""),
        (r#""{ \"a\" : 1.0 , \"é\" : [] }""#, r#"{ "a" : 1.0 , "é" : [] }"#),
        (r#""\u0000\u001f\"\\\/\n\u00e9\ud83d\ude00\u2028""#, "\0\u{1f}\"\\/\né😀\u{2028}"),
        // Data that is not a string is encoded as one.
        (r#"{"a":{"b":[1.50]}}"#, r#"{"a":{"b":[1.50]}}"#),
        ("[1,2]", "[1,2]"),
        ("7", "7"),
        ("true", "true"),
    ] {
        let body = format!(r#"{{"name":"e","data":{sent},"channel":"data"}}"#);
        assert_eq!(Request::new(&app(), "POST", "/events", &[], &body).send(&server).ok(), json!({}));
        assert_eq!(client.socket.event(), received("data", arrives), "{sent}");
    }
}

#[test]
fn any_text_is_an_event_name() {
    let server = SERVER.get();
    let mut client = subscriber(&server, &["names"]);
    let longest = ["n", "日", "😀"].map(|char| char.repeat(200));
    let names = ["App\\Events\\OrderShipped", ".dotted", "é 😀\n\"", "client-x", "pusher:fake"];
    for name in names.into_iter().chain(longest.iter().map(String::as_str)) {
        api::trigger(&server, &app(), "names", name, "{}");
        client.expect(name);
    }
}

#[test]
fn a_socket_is_left_out_on_every_channel() {
    let server = SERVER.get();
    let channels = ["except-a", "except-b"];
    let (mut sender, mut receiver) = (subscriber(&server, &channels), subscriber(&server, &channels));
    let event = |id: &str| json!({"name": "e", "data": "d", "channels": channels, "socket_id": id});
    assert_eq!(post(&server, "/events", &event(&sender.socket_id)).ok(), json!({}));
    sender.expect_nothing();
    assert_eq!(receiver.fence().len(), 2);
    for unknown in ["1.1", "123456789012345678901234567890.1", "0.0"] {
        assert_eq!(post(&server, "/events", &event(unknown)).ok(), json!({}));
        assert_eq!(sender.fence().len(), 2, "{unknown}");
    }
    for invalid in ["", "1", "1.", ".1", "1.2.3", "-1.2", "a.b", " 1.1", "1.1\n", "1,1"] {
        post(&server, "/events", &event(invalid)).assert_refused(400, "socket_id");
    }
    receiver.fence();
    receiver.expect_nothing();
}

#[test]
fn attributes_of_the_channels() {
    let server = SERVER.get();
    let mut clients = [subscriber(&server, &["info"]), subscriber(&server, &["info"])];
    for client in &mut clients {
        client.join("presence-info", r#"{"user_id":"one"}"#);
    }
    let ask = |info: &str, channels: &[&str]| {
        post(&server, "/events", &json!({"name": "e", "data": "d", "channels": channels, "info": info})).ok()
    };
    let (both, room) = ("user_count,subscription_count", json!({"user_count": 1, "subscription_count": 2}));
    assert_eq!(ask("subscription_count", &["info"]), json!({"channels": {"info": {"subscription_count": 2}}}));
    assert_eq!(ask("user_count", &["presence-info"]), json!({"channels": {"presence-info": {"user_count": 1}}}));
    // An attribute that does not apply is omitted. No users is 0.
    assert_eq!(ask("user_count", &["info"]), json!({"channels": {"info": {}}}));
    let expected = json!({"channels": {"info": {"subscription_count": 2}, "presence-info": room, "empty": {"subscription_count": 0}}});
    assert_eq!(ask(both, &["info", "presence-info", "empty", "info"]), expected);
    let nobody = json!({"channels": {"presence-empty": {"user_count": 0, "subscription_count": 0}}});
    assert_eq!(ask(both, &["presence-empty"]), nobody);
    assert_eq!(ask("", &["info"]), json!({}));
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    let server = SERVER.get();
    let mut client = subscriber(&server, &["good"]);
    let (long_name, many) = ("n".repeat(201), vec!["good"; 101]);
    for (body, word) in [
        (json!({"data": "d", "channel": "good"}), "name"),
        (json!({"name": "", "data": "d", "channel": "good"}), "name"),
        (json!({"name": "e", "channel": "good"}), "data"),
        (json!({"name": "e", "data": "d"}), "channel"),
        (json!({"name": "e", "data": "d", "channels": []}), "channel"),
        (json!({"name": long_name, "data": "d", "channel": "good"}), "200"),
        (json!({"name": 7, "data": "d", "channel": "good"}), ""),
        (json!({"name": "e", "data": "d", "channel": 7}), ""),
        (json!({"name": "e", "data": "d", "channels": "good"}), ""),
        (json!({"name": "e", "data": "d", "channels": ["good", 7]}), ""),
        (json!({"name": "e", "data": "d", "channels": many}), "100"),
        (json!(["e", "d", "good"]), ""),
        (json!("good"), ""),
        (json!(null), ""),
    ] {
        post(&server, "/events", &body).assert_refused(400, word);
    }
    for name in ["", "a b", "é", "#good", "a/b", "good\n", &"c".repeat(201)] {
        // The valid channels of the same request get nothing.
        let body = json!({"name": "e", "data": "d", "channels": ["good", name]});
        post(&server, "/events", &body).assert_refused(400, "channel");
    }
    for text in ["", "{", "not JSON", "name=e&data=d&channel=good", "{\"name\":\"e\"", "\u{feff}{}"] {
        Request::new(&app(), "POST", "/events", &[], text).send(&server).assert_refused(400, "");
    }
    client.expect_nothing();
}

#[test]
fn what_is_just_within_the_limits() {
    let server = SERVER.get();
    let names: Vec<String> = (0..100).map(|n| format!("{n:0>200}")).collect();
    let mut client = subscriber(&server, &[&names[0], &names[99]]);
    let body = json!({"name": "n".repeat(200), "data": "x".repeat(DATA_BYTES), "channels": names});
    assert_eq!(post(&server, "/events", &body).ok(), json!({}));
    assert_eq!(client.fence().len(), 2);
    // Bytes are counted as received by subscribers, not as escaped in JSON.
    for data in ["\u{1}".repeat(DATA_BYTES), "é".repeat(DATA_BYTES / 2), "😀".repeat(DATA_BYTES / 4)] {
        let body = json!({"name": "e", "data": data, "channel": names[0]});
        assert_eq!(post(&server, "/events", &body).ok(), json!({}));
        assert_eq!(client.socket.event()["data"], data);
    }
}

#[test]
fn data_over_the_limit_is_too_large() {
    let server = SERVER.get();
    let mut client = subscriber(&server, &["large"]);
    let text = "The data content of this event exceeds the allowed maximum (102400 bytes)";
    for data in
        [json!("x".repeat(DATA_BYTES + 1)), json!("é".repeat(DATA_BYTES / 2 + 1)), json!(["x".repeat(DATA_BYTES - 3)])]
    {
        let event = json!({"name": "e", "data": data, "channel": "large"});
        post(&server, "/events", &event).assert_refused(413, text);
        let good = json!({"name": "e", "data": "d", "channel": "large"});
        post(&server, "/batch_events", &json!({"batch": [good, event]})).assert_refused(413, text);
    }
    client.expect_nothing();
    let body = json!({"name": "e", "data": "x".repeat(4 << 20), "channel": "large"});
    post(&server, "/events", &body).assert_refused(413, "");
    client.expect_nothing();
}

#[test]
fn an_app_has_limits_of_its_own() {
    let (server, small) = (SERVER.get(), App::new("small"));
    let good = json!({"name": "name", "data": "0123456789", "channels": ["a", "abcde"]});
    assert_eq!(api::post(&server, &small, "/events", &good), json!({}));
    // The limit counts characters, not bytes.
    let wide = json!({"name": "日本😀é", "data": "0123456789", "channel": "a"});
    assert_eq!(api::post(&server, &small, "/events", &wide), json!({}));
    for (field, value, status, word) in [
        ("name", json!("names"), 400, "4 characters"),
        ("name", json!("日本日本日"), 400, "4 characters"),
        ("data", json!("01234567890"), 413, "10 bytes"),
        ("channels", json!(["abcdef"]), 400, "5"),
        ("channels", json!(["a", "b", "c"]), 400, "2"),
    ] {
        let mut body = good.clone();
        body[field] = value;
        Request::post(&small, "/events", &body).send(&server).assert_refused(status, word);
    }
    let event = json!({"name": "e", "data": "d", "channel": "c"});
    Request::post(&small, "/batch_events", &json!({"batch": [event, event]})).send(&server).assert_refused(400, "1");
}

#[test]
fn a_batch_is_published_in_order() {
    let server = SERVER.get();
    let mut client = subscriber(&server, &["batch-a", "batch-b"]);
    let event = |n: usize| json!({"name": "e", "data": n.to_string(), "channel": (["batch-a", "batch-b"][n % 2])});
    let batch: Vec<Value> = (0..10).map(event).collect();
    assert_eq!(post(&server, "/batch_events", &json!({"batch": batch})).ok(), json!({}));
    let expected: Vec<Value> = (0..10).map(|n| received(["batch-a", "batch-b"][n % 2], &n.to_string())).collect();
    assert_eq!(client.fence(), expected);
    let mut excluding = event(0);
    excluding["socket_id"] = json!(client.socket_id);
    assert_eq!(post(&server, "/batch_events", &json!({"batch": [excluding, event(1)]})).ok(), json!({}));
    assert_eq!(client.fence(), [received("batch-b", "1")]);
}

#[test]
fn a_batch_may_be_as_large_as_its_events() {
    let server = SERVER.get();
    let mut client = subscriber(&server, &["batch-large"]);
    let batch = |data: &str, channel: &str| {
        let event = json!({"name": "e", "data": data, "channel": channel});
        json!({"batch": vec![event; 10]})
    };
    let data = "x".repeat(DATA_BYTES);
    assert_eq!(post(&server, "/batch_events", &batch(&data, "batch-large")).ok(), json!({}));
    for _ in 0..10 {
        assert_eq!(client.socket.event()["data"], data);
    }
    // In the body each byte of these needs six.
    let data = "\u{1}".repeat(DATA_BYTES);
    assert_eq!(post(&server, "/batch_events", &batch(&data, "nobody-there")).ok(), json!({}));
}

#[test]
fn a_batch_answers_by_position() {
    let server = SERVER.get();
    let mut client = subscriber(&server, &["batch-info"]);
    client.join("presence-batch-info", r#"{"user_id":"one"}"#);
    let event = |channel: &str, info: &str| json!({"name": "e", "data": "d", "channel": channel, "info": info});
    let mut plain = event("batch-info", "");
    if let Some(plain) = plain.as_object_mut() {
        plain.remove("info");
    }
    let batch = json!({"batch": [
        event("batch-info", "subscription_count"), plain, event("presence-batch-info", "user_count,subscription_count"),
        event("batch-info", "user_count"),
    ]});
    let answer = json!({"batch": [{"subscription_count": 1}, {}, {"user_count": 1, "subscription_count": 1}, {}]});
    assert_eq!(post(&server, "/batch_events", &batch).ok(), answer);
}

#[test]
fn a_batch_is_published_whole_or_not_at_all() {
    let server = SERVER.get();
    let mut client = subscriber(&server, &["whole"]);
    let good = || json!({"name": "e", "data": "d", "channel": "whole"});
    let with = |field: &str, value: Value| {
        let mut event = good();
        event[field] = value;
        event
    };
    for (last, word) in [
        (with("name", json!(null)), "name"),
        (json!({"name": "e", "channel": "whole"}), "data"),
        (with("channel", json!("a b")), "channel"),
        (with("channel", json!(null)), "channel"),
        (with("socket_id", json!("x")), "socket_id"),
        (with("name", json!("n".repeat(201))), "200"),
    ] {
        post(&server, "/batch_events", &json!({"batch": [good(), last]})).assert_refused(400, word);
    }
    let eleven: Vec<Value> = (0..11).map(|_| good()).collect();
    post(&server, "/batch_events", &json!({"batch": eleven})).assert_refused(400, "Batch too large");
    for body in [json!({}), json!({"batch": {}}), json!({"batch": null}), json!([good()]), json!({"batch": [7]})] {
        post(&server, "/batch_events", &body).assert_refused(400, "");
    }
    client.expect_nothing();
}
