//! The OpenAPI description of the admin API, and whether it is accurate.

use clairon_tests::admin::{self, TOKEN};
use clairon_tests::app::App;
use clairon_tests::{http, suite};

#[test]
fn the_description_is_there_for_everyone() {
    let server = admin::builder().start();
    let response = http::get(&server, "/admin/api/openapi.json");
    assert_eq!(response.header("cache-control"), Some("no-store"));
    assert_eq!(response.ok()["openapi"], "3.1.0");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    assert!(response.body == std::fs::read_to_string(file).unwrap(), "it is not what docs/openapi.json is");
}

#[test]
fn schemathesis_finds_nothing() {
    suite::schemathesis(&admin::builder().app(App::new("fuzzed")).start(), TOKEN);
}
