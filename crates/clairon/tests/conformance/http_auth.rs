//! Signed requests: the signatures of every library, and every kind of invalid request.

use clairon_test_servers::SharedServer;
use clairon_tests::api::{self, Request, now};
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::http::{self, Response};
use clairon_tests::server::Server;
use clairon_tests::sign;
use serde_json::json;

static SERVER: SharedServer<Server> = SharedServer::new(|| {
    Server::builder().app(app()).app(other()).app(App::new("disabled").with("enabled", false)).start()
});

fn app() -> App {
    App::new("signed")
}

fn other() -> App {
    App::new("other")
}

fn event() -> Request {
    Request::post(&app(), "/events", &json!({"name": "e", "data": "{}", "channel": "c"}))
}

fn path(path: &str) -> String {
    format!("/apps/{}{path}", app().id)
}

/// The parameters of every request, in the form that is signed.
fn auth_parameters() -> String {
    format!("auth_key=signed-key&auth_timestamp={}&auth_version=1.0", now())
}

/// Signs one path and parameters, and sends others.
fn send(server: &Server, method: &str, signed: (&str, &str), sent: (&str, &str), body: &str) -> Response {
    let signature = sign::hmac(&app().secret, &format!("{method}\n{}\n{}", signed.0, signed.1));
    let pairs = sent.1.split('&').filter_map(|pair| pair.split_once('='));
    let mut query: Vec<(String, String)> = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    query.push(("auth_signature".to_owned(), signature));
    Request { method: method.to_owned(), path: sent.0.to_owned(), query, body: body.to_owned() }.send(server)
}

#[test]
fn good_requests() {
    let server = SERVER.get();
    assert_eq!(event().send(&server).ok(), json!({}));
    assert_eq!(Request::get(&app(), "/channels", &[]).send(&server).status, 200);
    // The order of parameters and the case of their names do not matter.
    let mut request = Request::get(&app(), "/channels", &[("Zeta", "1"), ("alpha", "2")]);
    request.query.reverse();
    assert_eq!(request.send(&server).status, 200);
    for time in [now() - 500, now() + 500] {
        assert_eq!(event().at(&app(), time).send(&server).status, 200);
    }
}

#[test]
fn the_md5_of_nothing_may_come_along() {
    let server = SERVER.get();
    let nothing = sign::md5(b"");
    let request = Request::get(&app(), "/channels", &[("body_md5", &nothing)]).with("body_md5", &nothing);
    assert_eq!(request.sign(&app().secret).send(&server).status, 200);
    let path = "/users/nobody/terminate_connections";
    assert_eq!(Request::new(&app(), "POST", path, &[], "").send(&server).status, 200);
}

#[test]
fn each_parameter_is_needed_and_checked() {
    let server = SERVER.get();
    let sign = |request: Request| request.sign(&app().secret).send(&server);
    for name in ["auth_key", "auth_timestamp", "auth_version", "body_md5"] {
        sign(event().without(name)).assert_refused(401, name);
    }
    event().without("auth_signature").send(&server).assert_refused(401, "auth_signature");
    for (name, values) in [
        ("auth_key", &["", "nobody", &app().id, "SIGNED-KEY"][..]),
        ("auth_timestamp", &["", "now", "-1", "1.5", "0", "99999999999999999999"]),
        ("auth_version", &["", "1", "1.1", "2.0"]),
        ("body_md5", &["", "0", "d41d8cd98f00b204e9800998ecf8427e"]),
    ] {
        for value in values {
            sign(event().with(name, value)).assert_refused(401, "");
        }
    }
}

#[test]
fn old_and_future_requests() {
    let server = SERVER.get();
    for time in [now() - 600, now() - 86_400, now() + 620, now() + 86_400] {
        let response = event().at(&app(), time).send(&server);
        response.assert_refused(401, "600");
        response.assert_refused(401, &time.to_string());
    }
}

#[test]
fn the_signature_covers_everything() {
    let server = SERVER.get();
    let change = |change: fn(&mut Request)| {
        let mut request = Request::post(&app(), "/events", &json!({"name": "e", "data": "{}", "channel": "c"}));
        request = request.with("socket_id", "1.1").sign(&app().secret);
        change(&mut request);
        request.send(&server).assert_refused(401, "");
    };
    change(|request| request.path = request.path.replace("/events", "/batch_events"));
    change(|request| request.body = request.body.replace("{}", "[]"));
    change(|request| request.body.push(' '));
    change(|request| *request = request.clone().with("socket_id", "1.2"));
    change(|request| *request = request.clone().without("socket_id"));
    change(|request| *request = request.clone().with("info", "user_count"));
    change(|request| request.query.push(("socket_id".to_owned(), "1.1".to_owned())));
    change(|request| request.query.push(("auth_key".to_owned(), "signed-key".to_owned())));
}

#[test]
fn signatures_that_are_none() {
    let server = SERVER.get();
    let good = event();
    let signature = good.parameter("auth_signature").to_owned();
    for bad in [
        "",
        "0",
        &"0".repeat(64),
        &"z".repeat(64),
        &signature[..63],
        &format!("{signature}0"),
        &format!("{signature}00"),
        &sign::md5(b"x"),
    ] {
        good.clone().with("auth_signature", bad).send(&server).assert_refused(401, "ignature");
    }
    good.clone().sign(&other().secret).send(&server).assert_refused(401, "ignature");
    good.sign("").send(&server).assert_refused(401, "ignature");
}

#[test]
fn a_key_is_good_for_its_own_app() {
    let server = SERVER.get();
    let mut client = Client::connect(&server, &app());
    client.subscribe("c");
    // A valid signature of another app.
    event().at(&other(), now()).send(&server).assert_refused(401, "auth_key");
    event().with("auth_key", &other().key).sign(&app().secret).send(&server).assert_refused(401, "auth_key");
    event().at(&app(), now()).sign(&other().secret).send(&server).assert_refused(401, "");
    client.expect_nothing();
}

#[test]
fn apps_that_are_not_served() {
    let server = SERVER.get();
    for id in ["nobody", "signed-key", "0"] {
        let mut stranger = app();
        id.clone_into(&mut stranger.id);
        Request::get(&stranger, "/channels", &[]).send(&server).assert_refused(404, "app");
    }
    let disabled = App::new("disabled");
    for request in [
        Request::get(&disabled, "/channels", &[]),
        Request::post(&disabled, "/events", &json!({"name": "e", "data": "{}", "channel": "c"})),
    ] {
        request.send(&server).assert_refused(403, "disabled");
    }
}

#[test]
fn values_are_signed_unescaped_and_sent_either_way() {
    let server = SERVER.get();
    let (path, auth) = (path("/channels"), auth_parameters());
    for (signed, sent) in [
        // The form of Node, Python and Go.
        ("a,b;c=d@e", "a,b;c=d@e"),
        // The form of PHP and Ruby.
        ("a,b;c=d@e", "a%2Cb%3Bc%3Dd%40e"),
        ("a b", "a%20b"),
        ("a b", "a+b"),
        ("a+b", "a+b"),
        ("a+b", "a%2Bb"),
        ("é&=", "%C3%A9%26%3d"),
        ("100%", "100%25"),
        ("100%25", "100%25"),
        ("", ""),
    ] {
        let (signed, sent) = (format!("{auth}&filter_by_prefix={signed}"), format!("{auth}&filter_by_prefix={sent}"));
        let response = send(&server, "GET", (&path, &signed), (&path, &sent), "");
        assert_eq!(response.status, 200, "{signed} sent as {sent}: {response:?}");
    }
    for broken in ["%", "%zz", "%C3", "%00"] {
        let sent = format!("{auth}&filter_by_prefix={broken}");
        let response = send(&server, "GET", (&path, &auth), (&path, &sent), "");
        assert!(matches!(response.status, 400 | 401), "{broken}: {response:?}");
    }
}

#[test]
fn lists_are_signed_in_two_ways() {
    let server = SERVER.get();
    let mut client = Client::connect(&server, &app());
    client.subscribe("list-a");
    client.subscribe("list-b");
    let (path, auth) = (path("/events"), auth_parameters());
    let body = r#"{"name":"e","data":"{}"}"#;
    let md5 = sign::md5(body.as_bytes());
    for (signed, sent) in [
        ("channels=list-a,list-b", "channels[0]=list-a&channels[1]=list-b"),
        ("channels=list-a,list-b", "channels%5B0%5D=list-a&channels%5B1%5D=list-b"),
        ("channels[]=list-a&channels[]=list-b", "channels[]=list-a&channels[]=list-b"),
        ("channels[]=list-a&channels[]=list-b", "channels%5B%5D=list-a&channels%5B%5D=list-b"),
    ] {
        let signed = format!("{auth}&body_md5={md5}&{signed}");
        let sent = format!("{auth}&body_md5={md5}&{sent}");
        assert_eq!(send(&server, "POST", (&path, &signed), (&path, &sent), body).ok(), json!({}), "{sent}");
        assert_eq!(client.fence().len(), 2, "{sent}");
    }
}

#[test]
fn paths_are_signed_as_sent_or_before_they_are_escaped() {
    let server = SERVER.get();
    let auth = auth_parameters();
    let path = |user: &str| path(&format!("/users/{user}/terminate_connections"));
    for (signed, sent) in [("a b", "a%20b"), ("a%20b", "a%20b"), ("é", "%C3%A9"), ("a@b", "a@b"), ("a@b", "a%40b")] {
        let response = send(&server, "POST", (&path(signed), &auth), (&path(sent), &auth), "");
        assert_eq!(response.ok(), json!({}), "{signed} sent as {sent}");
    }
    send(&server, "POST", (&path("a"), &auth), (&path("b"), &auth), "").assert_refused(401, "ignature");
}

/// The paths of each library, and whether the user is found.
#[test]
fn a_user_is_found_by_an_id_of_any_kind() {
    let server = SERVER.get();
    let path = |user: &str| path(&format!("/users/{user}/terminate_connections"));
    for (id, signed, sent) in [
        // Node and Python send the id unescaped, except for characters that a URL cannot contain.
        ("a/b", "a/b", "a/b"),
        ("a?b", "a?b", "a?b"),
        ("a/b?c d", "a/b?c d", "a/b?c%20d"),
        ("?", "?", "?"),
        ("100%", "100%", "100%"),
        ("50% é", "50% é", "50%%20%C3%A9"),
        // PHP and Go sign the id unescaped, and escape it in the path where necessary.
        ("a%b", "a%b", "a%25b"),
        ("a\\b", "a\\b", "a%5Cb"),
        ("a?b#c", "a?b#c", "a%3Fb%23c"),
        // The backend has escaped the id.
        ("a/b?c%d#e\\f g", "a%2Fb%3Fc%25d%23e%5Cf%20g", "a%2Fb%3Fc%25d%23e%5Cf%20g"),
        ("%41", "%2541", "%2541"),
        ("x/terminate_connections", "x/terminate_connections", "x/terminate_connections"),
    ] {
        let mut client = Client::connect(&server, &app());
        client.sign_in(&json!({ "id": id }).to_string());
        let auth = auth_parameters();
        let response = send(&server, "POST", (&path(signed), &auth), (&path(sent), &auth), "");
        assert_eq!(response.ok(), json!({}), "{id} sent as {sent}");
        assert_eq!(client.socket.event()["data"]["code"], 4009, "{id} sent as {sent}");
    }
}

#[test]
fn no_user_is_found_by_a_part_of_an_id() {
    let server = SERVER.get();
    let mut client = Client::connect(&server, &app());
    client.sign_in(&json!({"id": "a"}).to_string());
    let signed = path("/users/a#b/terminate_connections");
    let auth = auth_parameters();
    // The result of an unescaped `#`, and of a `?` in Go and PHP, which put the query in the place of the rest.
    http::request(&server, "POST", &path("/users/a"), "Content-Length: 0\r\n").assert_refused(404, "percent-encoded");
    send(&server, "POST", (&signed, &auth), (&path("/users/a"), &auth), "").assert_refused(404, "percent-encoded");
    // The result of a `\` in Node.
    let (signed, sent) = (path("/users/a\\b/terminate_connections"), path("/users/a/b/terminate_connections"));
    send(&server, "POST", (&signed, &auth), (&sent, &auth), "").assert_refused(401, "ignature");
    let sent = path("/users/a/terminate_connections?b/terminate_connections");
    send(&server, "POST", (&sent, &auth), (&sent, &auth), "").assert_refused(401, "auth_key");
    client.expect_nothing();
}

/// Each form of a signature sorts and joins the parameters, so their number is checked first.
#[test]
fn parameters_are_counted_before_a_signature_is_computed() {
    let server = SERVER.get();
    let with = |count: usize| {
        let names: Vec<String> = (0..count).map(|n| format!("x{n}")).collect();
        let parameters: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "1")).collect();
        Request::get(&app(), "/channels", &parameters)
    };
    // Four parameters belong to the signature.
    assert_eq!(with(96).send(&server).status, 200);
    with(97).send(&server).assert_refused(400, "101 parameters behind its ?, the limit is 100");
    // The signature is not checked at all.
    with(1_000).sign("wrong").send(&server).assert_refused(400, "the limit is 100");
}

#[test]
fn a_prefix_is_not_signed() {
    let server = Server::builder().app(app()).env("CLAIRON_SERVER_PATH_PREFIX", "/ws/pusher").start();
    let behind = |mut request: Request| {
        request.path = format!("/ws/pusher{}", request.path);
        request
    };
    assert_eq!(behind(event()).send(&server).ok(), json!({}));
    assert_eq!(event().send(&server).ok(), json!({}), "the proxy has taken it off");
    behind(event()).sign(&app().secret).send(&server).assert_refused(401, "ignature");
}

#[test]
fn a_refused_event_is_not_published() {
    let server = SERVER.get();
    let mut client = Client::connect(&server, &app());
    client.subscribe("guarded");
    let event = Request::post(&app(), "/events", &json!({"name": "e", "data": "{}", "channel": "guarded"}));
    event.clone().sign(&other().secret).send(&server).assert_refused(401, "");
    event.at(&app(), now() - 601).send(&server).assert_refused(401, "");
    client.expect_nothing();
    api::trigger(&server, &app(), "guarded", "e", "{}");
    client.expect("e");
}
