//! Compressed bodies.

use std::io::Write;

use clairon_test_servers::SharedServer;
use clairon_tests::api::Request;
use clairon_tests::app::App;
use clairon_tests::client::Client;
use clairon_tests::http::{HttpConnection, Response};
use clairon_tests::server::Server;
use clairon_tests::sign;
use flate2::{Compression, write::GzEncoder};
use serde_json::json;

static SERVER: SharedServer<Server> =
    SharedServer::new(|| Server::builder().app(app()).env("CLAIRON_ADMIN_TOKEN", TOKEN).start());

const TOKEN: &str = "0123456789abcdef-token";

fn app() -> App {
    App::new("encodings")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.unwrap_or_else(|error| panic!("compressing {} bytes: {error}", bytes.len()))
}

fn event(data: &str) -> String {
    json!({"name": "e", "channel": "packed", "data": data}).to_string()
}

/// Sends `body` to `/events` with an encoding. The MD5 is that of `signed`.
fn send(server: &Server, coding: &str, body: &[u8], signed: &[u8]) -> Response {
    let request = Request::new(&app(), "POST", "/events", &[], "").with("body_md5", &sign::md5(signed));
    let head = request.sign(&app().secret).head(&format!("Content-Encoding: {coding}"));
    let mut connection = HttpConnection::open(server);
    connection.write(head.replace("Content-Length: 0", &format!("Content-Length: {}", body.len())));
    connection.write(body);
    connection.response()
}

#[test]
fn a_body_may_be_sent_as_gzip() {
    let server = SERVER.get();
    let mut client = Client::connect(&server, &app());
    client.subscribe("packed");
    for data in ["short".to_owned(), "x".repeat(102_400)] {
        let text = event(&data);
        let packed = gzip(text.as_bytes());
        // The MD5 may be that of the sent bytes or of the decompressed ones.
        for signed in [packed.as_slice(), text.as_bytes()] {
            for coding in ["gzip", "GZip", "x-gzip", "identity, gzip"] {
                assert_eq!(send(&server, coding, &packed, signed).ok(), json!({}), "{coding}");
                assert_eq!(client.expect("e")["data"], data);
            }
        }
        send(&server, "gzip", &packed, b"another").assert_refused(401, "body_md5");
    }
    client.expect_nothing();
}

#[test]
fn a_body_may_be_empty_in_any_encoding() {
    let server = SERVER.get();
    let parameters = [("name", "e"), ("data", "d"), ("channel", "empty")];
    let request = Request::new(&app(), "POST", "/events", &parameters, "");
    let mut connection = HttpConnection::open(&server);
    connection.write(request.head("Content-Encoding: gzip"));
    assert_eq!(connection.response().ok(), json!({}));
}

/// The limits apply to the decompressed body. Decompression stops at the limit.
#[test]
fn the_limits_are_those_of_the_body_itself() {
    let server = SERVER.get();
    let over = event(&"x".repeat(102_401));
    send(&server, "gzip", &gzip(over.as_bytes()), over.as_bytes()).assert_refused(413, "102400");
    let bomb = gzip(&vec![b' '; 200_000_000]);
    assert!(bomb.len() < 250_000);
    let refused = send(&server, "gzip", &bomb, &bomb);
    refused.assert_refused(413, "inflated more than");
    // A body that was compressed twice is not JSON.
    let twice = gzip(&gzip(event("d").as_bytes()));
    send(&server, "gzip", &twice, &twice).assert_refused(400, "JSON");
}

#[test]
fn what_is_no_gzip_is_refused() {
    let server = SERVER.get();
    let packed = gzip(event("d").as_bytes());
    for broken in [event("d").as_bytes(), &packed[..packed.len() - 1], &packed[..5]] {
        send(&server, "gzip", broken, broken).assert_refused(400, "not valid gzip");
    }
}

#[test]
fn other_encodings_are_refused_with_what_is_understood() {
    let server = SERVER.get();
    for coding in ["br", "deflate", "zstd", "compress", "gzip, gzip", "gzip, br"] {
        let response = send(&server, coding, b"packed", b"packed");
        response.assert_refused(415, coding);
        response.assert_refused(415, "allowed is gzip, once, or none");
        assert_eq!(response.header("accept-encoding"), Some("gzip, identity"), "{response:?}");
    }
    let long = send(&server, &"b".repeat(10_000), b"packed", b"packed");
    assert!(long.status == 415 && long.body.len() < 500, "{long:?}");
}

#[test]
fn the_admin_api_understands_the_same() {
    let server = SERVER.get();
    let create = |coding: &str, body: &[u8]| {
        let mut connection = HttpConnection::open(&server);
        connection.write(format!(
            "POST /admin/api/apps HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n\
             Content-Type: application/json\r\nContent-Encoding: {coding}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        ));
        connection.write(body);
        connection.response()
    };
    let created = create("gzip", &gzip(br#"{"name": "Packed"}"#));
    assert_eq!((created.status, &created.json()["name"]), (201, &json!("Packed")), "{created:?}");
    assert_eq!(create("gzip", &gzip(&vec![b' '; 1_000_000])).status, 413);
    let refused = create("br", b"{}");
    assert_eq!((refused.status, refused.header("accept-encoding")), (415, Some("gzip, identity")), "{refused:?}");
}
