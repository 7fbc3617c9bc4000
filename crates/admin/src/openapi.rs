//! The description of the admin API for programs, `openapi.json`.

use clairon_server::operators::COOKIE;
use serde_json::{Map, Value, json};
use utoipa::{
    OpenApi,
    openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme},
};

use crate::{
    problem::{Fault, PROBLEM_JSON, Problem},
    webhook_view::WebhookView,
};

/// The possible answers to any request.
const ALWAYS: [(&str, &str); 5] = [
    ("401", "The token or the session is missing or wrong."),
    ("403", "A viewer may not do this, or the request may come from a page of another site."),
    ("422", "The query or the body is invalid: `errors` names each field."),
    ("500", "The row of the app in the database cannot be used: somebody edited it by hand, most often."),
    ("503", "The database of the registry cannot be used now."),
];

/// The further possible answers to a request with a body.
const WITH_BODY: [(&str, &str); 3] = [
    ("408", "The body did not arrive in time."),
    ("413", "The body has more than 65,536 bytes; that of an event has more than the app's limits allow."),
    ("415", "The body is not said to be JSON."),
];

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Clairon admin API",
        description = "Apps, their limits, switches and keys. A change takes effect on running servers within two \
                       seconds, and on the server that answers at once.",
        version = env!("CARGO_PKG_VERSION"),
        license(name = "MIT", identifier = "MIT"),
    ),
    components(schemas(Problem, Fault, WebhookView)),
    tags(
        (name = "apps", description = "Apps with their limits and switches"),
        (name = "keys", description = "The keys of apps"),
        (name = "webhooks", description = "The endpoints of apps, and what was sent to them"),
        (name = "channels", description = "The channels of apps, and events for them"),
        (name = "connections", description = "The connections of apps on this node"),
        (name = "session", description = "Sessions of the dashboard"),
        (name = "live", description = "The activity on this node"),
    ),
    security(("token" = []), ("session" = [])),
)]
struct Frame;

/// The description without its endpoints.
pub(crate) fn frame() -> utoipa::openapi::OpenApi {
    let mut api = Frame::openapi();
    let mut bearer = Http::new(HttpAuthScheme::Bearer);
    bearer.description =
        Some("The server's setting admin.token, which is CLAIRON_ADMIN_TOKEN in its environment.".to_owned());
    let cookie =
        "A session of the dashboard. Requests other than GET and HEAD need the header X-Clairon-Dashboard: 1 too.";
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(COOKIE, cookie)));
    let components = api.components.get_or_insert_default();
    components.add_security_scheme("token", SecurityScheme::Http(bearer));
    components.add_security_scheme("session", cookie);
    api
}

/// Adds the parts that all endpoints share, and returns the description as JSON for a server with this prefix.
#[expect(clippy::expect_used, reason = "the description has texts for keys")]
pub(crate) fn finish(api: utoipa::openapi::OpenApi, path_prefix: &str) -> String {
    let mut api = serde_json::to_value(api).expect("a description is JSON");
    api["servers"] = json!([{ "url": format!("{path_prefix}/admin/api"), "description": "This server" }]);
    for operation in children(&mut api["paths"]).flat_map(children) {
        describe_refusals(operation);
    }
    format!("{api:#}\n")
}

fn children(value: &mut Value) -> impl Iterator<Item = &mut Value> {
    value.as_object_mut().into_iter().flat_map(Map::values_mut)
}

fn describe_refusals(operation: &mut Value) {
    let with_body = operation.get("requestBody").is_some();
    let further = WITH_BODY.iter().filter(|_| with_body);
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    for (status, description) in ALWAYS.iter().chain(further) {
        responses.entry(*status).or_insert_with(|| json!({ "description": description }));
    }
    for (_, response) in responses.iter_mut().filter(|(status, _)| status.as_str() >= "400") {
        response["content"] = json!({ PROBLEM_JSON: { "schema": { "$ref": "#/components/schemas/Problem" } } });
    }
    responses.sort_keys();
}

#[cfg(test)]
mod tests {
    use std::{env, fs, path::Path};

    use super::super::router::description;

    #[test]
    fn the_file_in_docs_is_current() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
        if env::var_os("RENEW_OPENAPI").is_some() {
            fs::write(&path, description()).unwrap();
        }
        let file = fs::read_to_string(&path).unwrap_or_default();
        assert!(file == description(), "docs/openapi.json is not what the code says: `make openapi` renews it");
    }
}
