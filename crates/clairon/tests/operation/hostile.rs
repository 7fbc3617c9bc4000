//! Hostile peers, and backends that confuse one credential with another.

use clairon_test_servers::eventually;
use clairon_tests::api::{self, Request};
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::http::{self, HttpConnection};
use clairon_tests::raw::RawSocket;
use clairon_tests::server::Server;
use serde_json::{Value, json};

const TOKEN: &str = "operators-token-0123456789";
const METRICS_TOKEN: &str = "metrics-token-9876543210";
const AUTHORIZED: &str = "Authorization: Bearer operators-token-0123456789\r\n";

fn app() -> App {
    App::new("hostile")
}

fn refusals(server: &Server, message: &str) -> usize {
    server.log().lines().iter().filter(|line| line["message"] == message).count()
}

/// The lines with a message, and those that were left out before one of them.
fn accounted(server: &Server, message: &str) -> u64 {
    let lines = server.log().lines().into_iter().filter(|line| line["message"] == message);
    lines.map(|line| 1 + line["left_out"].as_u64().unwrap_or_default()).sum()
}

/// The signature covers `body_md5`, not the body. So without the secret a client cannot make the server buffer a body.
#[test]
fn a_body_is_not_awaited_where_the_head_is_refused_already() {
    let server = Server::start(app());
    let event = || Request::post(&app(), "/events", &json!({"name": "e", "channel": "c", "data": "x".repeat(90_000)}));
    for refused in [event().sign("wrong"), event().at(&app(), api::now() - 10_000), event().without("auth_signature")] {
        let mut connection = HttpConnection::open(&server);
        connection.write(refused.head(""));
        let response = connection.response();
        response.assert_refused(401, "");
    }
}

#[test]
fn a_secret_in_the_wrong_place_is_not_logged() {
    let server = Server::start(app());
    let App { secret, id, key, .. } = app();
    let escaped = secret.replace('0', "%30");
    for path in [
        format!("/app/{secret}"),
        format!("/{secret}"),
        format!("/{escaped}"),
        format!("/apps/{id}/channels/{secret}?auth_key=x"),
        format!("/apps/{escaped}/channels?auth_key=x"),
    ] {
        assert!(http::get(&server, &path).status >= 400);
    }
    for path in [
        format!("/apps/{secret}/events"),
        format!("/apps/{id}/events?auth_key={secret}%0a"),
        format!("/apps/{id}/events?auth_key={key}:{secret}"),
    ] {
        assert!(http::request(&server, "POST", &path, "").status >= 400);
    }
    for path in [
        format!("/app/{secret}"),
        format!("/app/{secret}%20"),
        format!("/app/{secret}/"),
        format!("/app/{key}?protocol={secret}"),
    ] {
        RawSocket::open(&server, &path).closed();
    }
    let mut client = Client::connect(&server, &app());
    for wrong in [format!(" {secret}"), format!("{key}{secret}")] {
        let auth = format!("{wrong}:{}", "0".repeat(64));
        client.send("pusher:subscribe", &json!({"channel": "private-c", "auth": auth}));
        client.refused("private-c");
    }
    eventually("the log of the last refusal", || refusals(&server, "subscription refused") == 2);
    let tells = |line: &Value| [&secret, &escaped].into_iter().any(|secret| line.to_string().contains(secret));
    let told: Vec<Value> = server.log().lines().into_iter().filter(tells).collect();
    assert_eq!(told, Vec::<Value>::new());
}

/// A secret sent instead of a name, or a token instead of a path, is in no log line, at any level.
#[test]
fn secrets_in_the_place_of_names_are_in_no_line_at_any_level() {
    let server = Server::builder()
        .app(app().with("client_messages", true))
        .env("CLAIRON_LOG", "trace")
        .env("CLAIRON_ADMIN_TOKEN", TOKEN)
        .env("CLAIRON_METRICS_TOKEN", METRICS_TOKEN)
        .start();
    let App { secret, id, .. } = app();
    let padding = "x".repeat(185);
    for token in [TOKEN, METRICS_TOKEN, &secret] {
        // Percent-encoded, beside bytes that are not UTF-8, and at the position where a text is cut.
        let escaped = token.replace('-', "%2D");
        for path in [
            format!("/{token}"),
            format!("/{escaped}"),
            format!("/%ff/{escaped}"),
            format!("/{padding}/{token}"),
            format!("/admin/api/{token}"),
            format!("/admin/api/apps/{token}?token={token}"),
            format!("/metrics/{token}"),
            format!("/apps/{token}/channels?auth_key={token}"),
            format!("/apps/{id}/channels/{token}?auth_key={token}"),
        ] {
            let answer = http::request(&server, "GET", &path, &format!("Authorization: Bearer x{token}\r\n"));
            assert!(answer.status >= 400, "{path}");
        }
        for path in
            [format!("/app/{token}"), format!("/app/{padding}{token}"), format!("/app/hostile-key?protocol={token}")]
        {
            RawSocket::open_with(&server, &path, &format!("Origin: https://{token}.test\r\n")).closed();
        }
        let mut client = Client::connect(&server, &app());
        let [channel, presence] = [format!("x-{token}"), format!("presence-{token}")];
        client.subscribe(&channel);
        client.unsubscribe(&channel);
        client.join(&presence, &json!({"user_id": format!("{token}-user")}).to_string());
        client.whisper(&presence, &format!("client-{token}"), &json!(token));
        client.whisper(token, &format!("client-{token}"), &json!(token));
        client.complained();
        client.send(&format!("event-{token}"), &json!({}));
        client.complained();
        client.send("pusher:subscribe", &json!({"channel": format!("private-{token}"), "auth": format!("{token}:x")}));
        client.refused(&format!("private-{token}"));
        client.sign_in(&json!({"id": token}).to_string());
        api::trigger(&server, &app(), &channel, token, token);
        let path = format!("/users/{token}/terminate_connections");
        assert_eq!(api::post(&server, &app(), &path, &json!({})), json!({}));
        client.expect("pusher:error");
    }
    let terminated = |line: &Value| line["message"] == "connections terminated";
    eventually("the log of the last act", || server.log().lines().into_iter().filter(terminated).count() == 3);
    // Three characters of it would remain before the cut.
    for token in [TOKEN, METRICS_TOKEN, &secret] {
        for part in [token, &token.replace('-', "%2D"), &token[..13]] {
            let tells = |line: &Value| line.to_string().contains(part);
            let told: Vec<Value> = server.log().lines().into_iter().filter(tells).collect();
            assert_eq!(told, Vec::<Value>::new(), "{part}");
        }
    }
    // Names that are not secrets are logged.
    let _ = server.wait_for_log("a name", |line| line["channel"].as_str() == Some("x-[a secret]"));
}

/// An error message repeats at most the start of a client's invalid input, however long it is.
#[test]
fn what_is_repeated_to_a_peer_is_cut() {
    let server = Server::builder().app(app()).env("CLAIRON_ADMIN_TOKEN", TOKEN).start();
    let mut client = Client::connect(&server, &app());
    let [long, half] = [99_000, 49_000].map(|size| "x".repeat(size));
    for (event, data) in [
        ("pusher:subscribe", json!({ "channel": long })),
        ("pusher:subscribe", json!({"channel": 1, long.as_str(): 1})),
        ("pusher:signin", json!({ "auth": half, "user_data": half })),
        ("pusher:signin", json!({ "auth": [long] })),
        (&long, json!({})),
    ] {
        client.send(event, &data);
        for answer in client.fence() {
            assert!(answer.to_string().len() < 1_500, "{} bytes", answer.to_string().len());
        }
    }
    client.whisper(&half, &format!("client-{half}"), &json!({}));
    assert!(client.complained().len() < 500);
    let long = "X".repeat(14_000);
    let handshake = "Upgrade: websocket\r\nConnection: upgrade\r\n";
    for (method, path, headers) in [
        (long.as_str(), "/up".to_owned(), ""),
        (&long, "/app/hostile-key".to_owned(), handshake),
        (&long, "/admin/api/apps".to_owned(), AUTHORIZED),
        ("GET", format!("/{long}"), ""),
        ("GET", format!("/apps/1/channels/{long}?auth_key={long}"), ""),
        ("GET", format!("/admin/api/apps?{long}=1"), AUTHORIZED),
        ("GET", format!("/admin/api/statistics?app={long}"), AUTHORIZED),
        ("GET", format!("/admin/api/apps/{long}"), AUTHORIZED),
    ] {
        let answer = http::request(&server, method, &path, headers);
        assert!(answer.status >= 400 && answer.body.len() < 800, "{}: {} bytes", answer.status, answer.body.len());
    }
}

#[test]
fn a_refusal_is_logged_in_a_bounded_line() {
    let server = Server::start(app().with("allowed_origins", vec!["a.example"]));
    let long = "e".repeat(14_000);
    RawSocket::open_with(&server, "/app/hostile-key", &format!("Origin: https://{long}\r\n")).closed();
    RawSocket::open(&server, &format!("/app/hostile-key?protocol={long}")).closed();
    eventually("the log of both refusals", || refusals(&server, "connection refused") == 2);
    for line in server.log().lines() {
        assert!(line.to_string().len() < 1_000, "{} bytes", line.to_string().len());
    }
}

#[test]
fn a_flood_of_refusals_fills_no_log() {
    let server = Server::start(app());
    let mut client = Client::connect(&server, &app());
    let mut refused = |times: usize| {
        for _ in 0..times {
            client.send("pusher:subscribe", &json!({"channel": "private-c"}));
        }
        assert_eq!(client.fence().len(), 2 * times);
    };
    refused(1_000);
    let mut count = 1_000;
    eventually("lines that say how much was left out", || {
        refused(1);
        count += 1;
        accounted(&server, "subscription refused") == count
    });
    assert!(refusals(&server, "subscription refused") < 500);
    // Another reason has its own lines.
    RawSocket::open(&server, "/app/nobody").closed();
    let _ = server.wait_for_log("the other refusal", |line| line["message"] == "connection refused");
}

#[test]
fn a_flood_of_closed_connections_fills_no_log() {
    let server = Server::start(app().with("user_authentication", true));
    let close = |count: usize| {
        let mut clients: Vec<Client> = (0..count).map(|_| Client::connect(&server, &app())).collect();
        for client in &mut clients {
            client.sign_in(r#"{"id":"ann"}"#);
        }
        assert_eq!(api::post(&server, &app(), "/users/ann/terminate_connections", &json!({})), json!({}));
        for mut client in clients {
            client.expect("pusher:error");
            assert_eq!(client.socket.closed().0, Some(4009));
        }
    };
    close(200);
    let mut count = 200;
    eventually("lines that say how much was left out", || {
        close(1);
        count += 1;
        accounted(&server, "closing") == count
    });
    let lines = server.log().lines();
    let closings: Vec<&Value> = lines.iter().filter(|line| line["message"] == "closing").collect();
    assert!((51..150).contains(&closings.len()), "{closings:?}");
    assert_eq!((&closings[0]["code"], &closings[0]["peer"]), (&json!(4009), &json!("127.0.0.1")));
}

#[test]
fn a_user_id_forges_no_line_in_the_log() {
    let server = Server::builder().app(app()).env("CLAIRON_LOG", "debug").start();
    let mut client = Client::connect(&server, &app());
    let channel = "#server-to-user-u\nINFO forged\u{1b}[31m\u{9b}2J";
    client.sign_in(&json!({"id": channel.trim_start_matches("#server-to-user-")}).to_string());
    client.subscribe(channel);
    client.unsubscribe(channel);
    let line = server.wait_for_log("the end of the subscription", |line| line["message"] == "unsubscribed");
    // The line is escaped once: parsing its JSON returns what was sent.
    assert_eq!(line["channel"], channel);
    assert!(server.log().lines().iter().all(Value::is_object), "{}", server.log());
}

#[test]
fn a_refused_client_event_has_a_message_and_a_reason() {
    let server = Server::builder().app(app().with("client_messages", true)).env("CLAIRON_LOG", "debug").start();
    let mut client = Client::connect(&server, &app());
    client.whisper("private-c", "client-e", &json!({}));
    client.complained();
    let line = server.wait_for_log("the refusal", |line| line.to_string().contains("Client events need"));
    assert_eq!(line["message"], "client event refused", "{line}");
    client.whisper("private-c", &format!("client-{}", "e".repeat(200)), &json!({}));
    let told = client.complained();
    let line = server.wait_for_log("the other refusal", |line| line.to_string().contains("client event's name"));
    assert_eq!(line["reason"], told);
}

#[test]
fn a_path_that_is_not_utf8_is_refused_as_any_other() {
    let server = Server::start(app());
    let response = http::get(&server, "/apps/1/channels/%ff");
    assert_eq!(response.header("content-type"), Some("application/json"), "{response:?}");
    let mut socket = RawSocket::open(&server, "/app/%ff");
    assert_eq!(socket.closed().0, Some(4001));
}
