//! What viewers may not do, and what is logged of operators.

use clairon_tests::admin::{self, TOKEN};
use clairon_tests::app::App;
use clairon_tests::dashboard::{self, PASSWORD, VIEWER_PASSWORD, call, sign_in};
use clairon_tests::http::get;
use serde_json::{Value, json};

fn app() -> App {
    App::new("roles")
}

#[test]
fn a_viewer_reads_and_changes_nothing() {
    let server = dashboard::builder().app(app()).env("CLAIRON_ADMIN_TOKEN", TOKEN).start();
    let viewer = sign_in(&server, VIEWER_PASSWORD);
    let before = call(&server, &viewer, "GET", "/apps", None).ok();
    let description = get(&server, "/admin/api/openapi.json").ok();
    let mut tried = 0;
    for (path, operations) in description["paths"].as_object().unwrap() {
        // The id and the key are real, all other parts of paths are any.
        let path = path.replace("{id}", &app().id).replace("{key}", &app().key).replace(['{', '}'], "");
        for method in operations.as_object().unwrap().keys().filter(|method| *method != "get" && path != "/session") {
            let refused = call(&server, &viewer, &method.to_uppercase(), &path, Some(&json!({})));
            refused.assert_problem(403, "a viewer may only read");
            tried += 1;
        }
    }
    assert!(tried >= 12, "{tried} operations in {description}");
    for method in ["PUT", "OPTIONS", "PROPFIND"] {
        call(&server, &viewer, method, "/apps", None).assert_problem(403, "a viewer may only read");
    }
    assert_eq!(call(&server, &viewer, "GET", "/apps", None).ok(), before);
    assert_eq!(call(&server, &viewer, "DELETE", "/session", None).status, 204, "signing out");
}

#[test]
fn a_viewer_sees_no_secrets_and_it_is_logged_when_others_do() {
    let server = dashboard::builder().app(app()).env("CLAIRON_ADMIN_TOKEN", TOKEN).start();
    let (viewer, operator) = (sign_in(&server, VIEWER_PASSWORD), sign_in(&server, PASSWORD));
    let token = format!("Authorization: Bearer {TOKEN}\r\n");
    let one = format!("/apps/{}", app().id);
    let webhooks = format!("{one}/webhooks");
    for (path, of) in [("/apps", "all"), (one.as_str(), app().id.as_str()), (webhooks.as_str(), app().id.as_str())] {
        let shown = call(&server, &viewer, "GET", path, None);
        assert!(shown.status == 200 && !shown.body.contains(&app().secret), "{shown:?}");
        let path = format!("{path}?show_secret=true");
        call(&server, &viewer, "GET", &path, None).assert_problem(403, "no secrets");
        let is_shown = |line: &Value| line["message"] == "secrets shown through the admin API" && line["app"] == of;
        let before = server.log().lines().iter().filter(|line| is_shown(line)).count();
        for access in [&operator, &token] {
            let shown = admin::request(&server, "GET", &path, access, "");
            assert_eq!(shown.status, 200, "{shown:?}");
            assert_eq!(shown.body.contains(&app().secret), !path.contains("webhooks"));
        }
        let lines = server.log().wait_for_count("secrets shown", before + 2, is_shown);
        assert!(lines.iter().all(|line| line["peer"] == "127.0.0.1" && line["role"] == "admin"), "{lines:?}");
    }
    // Nothing is logged while secrets stay hidden, and no secret is ever.
    let text: String = server.log().lines().iter().map(Value::to_string).collect();
    for secret in [&app().secret, PASSWORD, VIEWER_PASSWORD, TOKEN] {
        assert!(!text.contains(secret));
    }
    assert_eq!(text.matches("secrets shown through the admin API").count(), 6);
}
