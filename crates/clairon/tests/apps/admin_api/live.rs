//! The live feed, the flight recorder, and the answers that follow from it.

use clairon_test_servers::eventually;
use clairon_tests::admin::{self, TOKEN, call};
use clairon_tests::api;
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::http::HttpConnection;
use clairon_tests::nodes::Nodes;
use clairon_tests::server::{Builder, Server};
use serde_json::{Value, json};

/// A server that always records.
fn recording() -> Builder {
    admin::builder().env("CLAIRON_DASHBOARD_RECORDER_BYTES", "10000000")
}

fn get(server: &Server, app: &App, path: &str) -> Value {
    call(server, "GET", &format!("/apps/{}{path}", app.id), None).ok()
}

fn kinds(list: &Value) -> Vec<&str> {
    list["activities"].as_array().unwrap().iter().map(|activity| activity["kind"].as_str().unwrap()).collect()
}

/// A stream of the live feed that is read line by line.
struct Stream(HttpConnection, String);

impl Stream {
    fn open(server: &Server, query: &str) -> Self {
        let mut connection = HttpConnection::open(server);
        connection
            .write(format!("GET /admin/api/tail?{query} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"));
        let mut stream = Self(connection, String::new());
        stream.read_until(": watching");
        stream
    }

    fn read_until(&mut self, text: &str) {
        while !self.1.contains(text) {
            self.1 += &String::from_utf8_lossy(&self.0.read(1).unwrap());
        }
    }

    /// The next activity.
    fn next(&mut self) -> Value {
        self.1.clear();
        self.read_until("data: ");
        self.1.clear();
        self.read_until("\n");
        serde_json::from_str(&self.1).unwrap()
    }
}

#[test]
fn a_watched_app_is_recorded_and_an_unwatched_one_is_not() {
    let (app, other) = (App::new("watched"), App::new("unwatched"));
    let server = admin::builder().app(app.clone()).app(other.clone()).start();
    // It stays connected: its end would be an activity of the watched app.
    let mut early = Client::connect(&server, &app);
    early.subscribe("before");
    let off = get(&server, &app, "/activity");
    assert_eq!((&off["activities"], &off["recorder"]["since"]), (&json!([]), &Value::Null));
    let mut stream = Stream::open(&server, &format!("app={}", app.id));
    let mut client = Client::connect(&server, &app);
    client.subscribe("orders");
    Client::connect(&server, &other).subscribe("orders");
    api::trigger(&server, &app, "orders", "App\\Events\\X", r#"{"a":"<script>"}"#);
    client.expect("App\\Events\\X");
    let list = get(&server, &app, "/activity");
    assert_eq!(kinds(&list)[..3], ["event", "subscribed", "connected"]);
    assert_eq!(list["activities"][0]["data"], r#"{"a":"<script>"}"#);
    assert!(list["recorder"]["since"].is_string() && list["recorder"]["bytes"].as_u64().unwrap() > 0, "{list}");
    assert_eq!(get(&server, &other, "/activity")["activities"], json!([]));
    let ids: Vec<u64> = list["activities"].as_array().unwrap().iter().map(|one| one["id"].as_u64().unwrap()).collect();
    assert!(ids.is_sorted_by(|one, other| one > other), "{ids:?}");
    // The stream has no events, because it has not asked for them.
    let live = loop {
        let next = stream.next();
        if next["kind"] == "subscribed" {
            break next;
        }
    };
    assert_eq!((&live["channel"], live["id"].as_u64()), (&json!("orders"), Some(ids[1])));
}

#[test]
fn a_page_of_long_events_is_bounded() {
    let app = App::new("long").with("event_data_bytes", 2 << 20);
    let server = admin::builder().env("CLAIRON_DASHBOARD_RECORDER_BYTES", "100000000").app(app.clone()).start();
    for number in 0..20 {
        api::trigger(&server, &app, &format!("reports.{number}"), "made", &"x".repeat(1 << 20));
    }
    let first = get(&server, &app, "/activity?kind=event&data_bytes=10485760");
    assert_eq!(kinds(&first), ["event"; 17]);
    let last = first["activities"][16]["id"].as_u64().unwrap();
    let second = get(&server, &app, &format!("/activity?kind=event&data_bytes=10485760&before={last}"));
    assert_eq!(kinds(&second), ["event"; 3]);
    assert_eq!(second["activities"][2]["data"].as_str().unwrap().len(), 1 << 20);
}

#[test]
fn recorded_activities_are_filtered_and_paged() {
    let app = App::new("recorded");
    let server = recording().app(app.clone()).start();
    let mut client = Client::connect(&server, &app);
    for number in 0..5 {
        client.subscribe(&format!("orders.{number}"));
        api::trigger(&server, &app, &format!("orders.{number}"), "shipped", &"x".repeat(300));
        client.expect("shipped");
    }
    let query = |query: &str| get(&server, &app, &format!("/activity?{query}"));
    assert_eq!(kinds(&query("kind=event")), ["event"; 5]);
    assert_eq!(kinds(&query("kind=connected&kind=event,client_event&limit=2")), ["event"; 2]);
    assert_eq!(kinds(&query("channel=*.3")), ["event", "subscribed"]);
    assert_eq!(kinds(&query("event=ship*&channel=orders.?&limit=1")), ["event"]);
    assert_eq!(kinds(&query(&format!("socket_id={}&limit=1", client.socket_id))), ["subscribed"]);
    assert_eq!(kinds(&query("text=orders.4")), ["event", "subscribed"]);
    let event = &query("kind=event&limit=1&data_bytes=10")["activities"][0];
    assert_eq!(
        (&event["data"], &event["data_cut"], &event["bytes"]),
        (&json!("x".repeat(10)), &json!(true), &json!(300))
    );
    let whole = &query("kind=event&limit=1&data_bytes=10485760")["activities"][0];
    assert_eq!((whole["data"].as_str().unwrap().len(), whole["data_cut"].is_null()), (300, true));
    let (first, all) = (query("limit=4"), query(""));
    let last = first["activities"][3]["id"].as_u64().unwrap();
    let second = query(&format!("limit=100&before={last}"));
    assert_eq!(kinds(&all), [kinds(&first), kinds(&second)].concat());
    for (query, word) in [
        ("kind=nothing", "is no kind of activity"),
        ("socket_id=x", "socket id"),
        ("limit=0", "allowed are whole numbers from 1 to 1000"),
        ("data_bytes=10485761", "data_bytes is 10485761"),
        (&format!("channel={}", "*a".repeat(150)), "channel has 300 bytes, allowed are 200"),
        (&format!("text={}", "a".repeat(1_001)), "text has 1001 bytes"),
        ("app=1", "query string"),
    ] {
        call(&server, "GET", &format!("/apps/{}/activity?{query}", app.id), None).assert_problem(422, word);
    }
    call(&server, "GET", "/apps/nobody/activity", None).assert_problem(404, "No app has the id");
    call(&server, "GET", "/apps/nobody/why?event=x", None).assert_problem(404, "No app has the id");
}

#[test]
fn a_stream_begins_with_what_was_recorded_and_continues_without_a_gap() {
    let app = App::new("recent");
    let server = recording().app(app.clone()).start();
    let mut client = Client::connect(&server, &app);
    client.subscribe("a");
    let mut stream = Stream::open(&server, &format!("app={}&recent=true&kind=subscribed,event&event=*", app.id));
    api::trigger(&server, &app, "a", "first", "1");
    assert_eq!(stream.next()["event"], "first");
    let mut stream = Stream::open(&server, "recent=true&kind=event");
    api::trigger(&server, &app, "a", "second", "2");
    assert_eq!([stream.next(), stream.next()].map(|event| event["event"].clone()), ["first", "second"]);
}

/// What is left out is counted, and the publisher does not wait.
#[test]
fn a_stream_of_few_activities_a_second_counts_the_others() {
    let app = App::new("sampled");
    let server = admin::builder().app(app.clone()).start();
    let mut stream = Stream::open(&server, "events=true&max_per_second=5");
    let channels: Vec<String> = (0..100).map(|number| format!("channel-{number}")).collect();
    for _ in 0..10 {
        let body = json!({"name": "e", "channels": channels, "data": "x"});
        assert_eq!(api::post(&server, &app, "/events", &body), json!({}));
    }
    let (mut shown, mut missed) = (0, 0);
    while shown + missed < 1_000 {
        let next = stream.next();
        match next["kind"].as_str() {
            Some("missed") => missed += next["count"].as_u64().unwrap(),
            _ => shown += 1,
        }
    }
    assert!(shown + missed == 1_000 && missed > 900, "{shown} {missed}");
}

#[test]
fn the_story_of_a_connection_outlasts_it() {
    let app = App::new("story");
    let server = recording().app(app.clone()).start();
    let mut client = Client::connect(&server, &app);
    client.send("pusher:subscribe", &json!({"channel": "private-x", "auth": "wrong:wrong"}));
    client.fence();
    client.subscribe("lobby");
    let path = format!("/connections/{}", client.socket_id);
    let open = get(&server, &app, &path);
    let kinds = |view: &Value| -> Vec<String> {
        view["story"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(kinds(&open), ["connected", "subscription_refused", "subscribed"]);
    assert_eq!((&open["connected"], &open["channel_names"]), (&json!(true), &json!(["lobby"])));
    let event = json!({"name": "hello", "data": "x"});
    assert_eq!(call(&server, "POST", &format!("/apps/{}{path}/events", app.id), Some(&event)).status, 200);
    assert_eq!(call(&server, "DELETE", &format!("/apps/{}{path}", app.id), None).status, 204);
    eventually("its end", || get(&server, &app, &path)["connected"] == false);
    let ended = get(&server, &app, &path);
    assert_eq!(kinds(&ended)[3..], ["direct_event", "disconnected"]);
    assert_eq!((&ended["story"][4]["code"], &ended["recorder"]["limit_bytes"]), (&json!(4009), &json!(10_000_000)));
}

#[test]
fn secrets_are_in_no_recording() {
    let app = App::new("unspoken").with("user_authentication", true);
    let server = recording().app(app.clone()).start();
    let mut client = Client::connect(&server, &app);
    client.subscribe(&app.secret);
    api::trigger(&server, &app, &app.secret, &app.secret, &format!("a {} b", app.secret));
    client.expect(&app.secret);
    let part = &app.secret[..12];
    for path in [
        "/activity?data_bytes=65536".to_owned(),
        format!("/connections/{}", client.socket_id),
        format!("/why?channel={}&socket_id={}", app.secret, client.socket_id),
        format!("/why?event={}&user=x", app.secret),
    ] {
        let answer = call(&server, "GET", &format!("/apps/{}{path}", app.id), None);
        assert!(answer.status == 200 && !answer.body.contains(&app.secret), "{answer:?}");
    }
    assert_eq!(get(&server, &app, "/activity?kind=event")["activities"][0]["data"], "a [a secret] b");
    for guess in [format!("text={part}"), format!("channel={part}*"), format!("event={part}*")] {
        assert_eq!(get(&server, &app, &format!("/activity?{guess}"))["activities"], json!([]), "{guess}");
    }
}

#[test]
fn questions_that_cannot_be_answered_are_refused() {
    let app = App::new("questions");
    let server = admin::builder().app(app.clone()).start();
    for (query, word) in [
        ("", "Name the event, the channel or both"),
        ("user=ann", "Name the event"),
        ("event=x&user=ann&socket_id=1.1", "name one of them"),
        ("event=x&socket_id=ann", "socket id"),
        (&format!("event={}", "x".repeat(1_001)), "event has 1001 bytes"),
        ("evnt=x", "query string"),
    ] {
        call(&server, "GET", &format!("/apps/{}/why?{query}", app.id), None).assert_problem(422, word);
    }
    let hostile = get(&server, &app, "/why?event=%3Cscript%3E&channel=%00%F0%9F%98%80&socket_id=1.1");
    assert_eq!(hostile["verdict"], "unknown_connection");
}

#[test]
fn a_connection_that_did_not_read_was_too_slow() {
    let app = App::new("slow");
    let builder = recording().app(app.clone()).env("CLAIRON_OUTBOX_BYTES", "65536").env("CLAIRON_OUTBOX_FRAMES", "16");
    let server = builder.start();
    let mut stopped = Client::connect(&server, &app);
    stopped.subscribe("news");
    let why = || get(&server, &app, &format!("/why?event=wide&channel=news&socket_id={}", stopped.socket_id));
    // The kernel buffers some megabytes for the stopped client. After that its outbox fills.
    let data = "x".repeat(60_000);
    for _ in 0..500 {
        api::trigger(&server, &app, "news", "wide", &data);
        if get(&server, &app, &format!("/connections/{}", stopped.socket_id))["connected"] == false {
            break;
        }
    }
    let _ = server.wait_for_log("the end of the slow reader", |line| line["message"] == "closing");
    eventually("its end", || get(&server, &app, "/connections")["total"] == 0);
    let answer = why();
    assert_eq!(answer["verdict"], "too_slow", "{answer}");
    let reason = answer["parameters"]["reason"].as_str().unwrap();
    assert!(reason.contains("does not keep up"), "{answer}");
}

#[test]
fn without_a_recording_the_answer_says_how_to_get_one() {
    let app = App::new("unrecorded");
    let server = admin::builder().app(app.clone()).start();
    let mut client = Client::connect(&server, &app);
    client.subscribe("orders");
    let why =
        |channel: &str| get(&server, &app, &format!("/why?event=x&channel={channel}&socket_id={}", client.socket_id));
    let subscribed = why("orders");
    assert_eq!((&subscribed["verdict"], &subscribed["recorder"]["since"]), (&json!("no_recording"), &Value::Null));
    assert!(subscribed["answer"].as_str().unwrap().contains("dashboard.recorder_bytes"), "{subscribed}");
    assert_eq!(why("other")["verdict"], "not_subscribed");
}

/// An event that is published through one node is recorded where it reaches subscribers, once on each node.
#[test]
fn with_several_nodes_events_are_recorded_where_they_arrive() {
    let app = App::new("relayed");
    let nodes = Nodes::start(2, app.clone());
    let [one, two] = [&nodes.servers[0], &nodes.servers[1]];
    let _watched = [one, two].map(|server| Stream::open(server, ""));
    let mut here = Client::connect(one, &app);
    let mut there = Client::connect(two, &app);
    for client in [&mut here, &mut there] {
        client.subscribe("orders");
    }
    api::trigger(one, &app, "orders", "shipped", "x");
    here.expect("shipped");
    there.expect("shipped");
    for (server, client, relayed) in [(one, &here, Value::Null), (two, &there, json!(true))] {
        eventually("the event", || kinds(&get(server, &app, "/activity?kind=event")) == ["event"]);
        let event = &get(server, &app, "/activity?kind=event")["activities"][0];
        assert_eq!((&event["relayed"], &event["receivers"], &event["data"]), (&relayed, &json!(1), &json!("x")));
        let path = format!("/why?event=shipped&channel=orders&socket_id={}", client.socket_id);
        let answer = get(server, &app, &path);
        assert_eq!(answer["verdict"], "delivered", "{answer}");
        assert!(answer["scope"]["node"].is_string(), "{answer}");
    }
    let elsewhere = get(one, &app, &format!("/why?event=shipped&socket_id={}", there.socket_id));
    assert_eq!(elsewhere["verdict"], "unknown_connection");
    assert!(elsewhere["answer"].as_str().unwrap().contains("the other nodes are not asked"), "{elsewhere}");
}
