//! The routes of the admin API.

use std::sync::Arc;

use axum::{
    Router,
    extract::Request,
    middleware::{self, map_response},
    response::Response,
    routing::get,
};
use clairon_server::{api, node::Node};
use http::{HeaderValue, StatusCode, header};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    activity, app_list, apps, channel, channels, checks, connection, connections, deliveries, events, gate, history,
    keys, openapi, overview, problem::Problem, replay, session, statistics, switch, tail, webhook_test, webhooks, why,
};

/// All endpoints of operators with their descriptions. A new endpoint is a line here.
fn endpoints() -> OpenApiRouter<Arc<Node>> {
    OpenApiRouter::with_openapi(openapi::frame())
        .routes(routes!(app_list::list, apps::create))
        .routes(routes!(apps::show, apps::update, apps::delete))
        .routes(routes!(switch::enable))
        .routes(routes!(switch::disable))
        .routes(routes!(keys::rotate))
        .routes(routes!(keys::retire))
        .routes(routes!(webhooks::list, webhooks::add))
        .routes(routes!(deliveries::list))
        .routes(routes!(replay::replay))
        .routes(routes!(webhooks::show, webhooks::update, webhooks::remove))
        .routes(routes!(webhook_test::test))
        .routes(routes!(statistics::show))
        .routes(routes!(statistics::total))
        .routes(routes!(channels::list))
        .routes(routes!(channel::show))
        .routes(routes!(connections::list))
        .routes(routes!(connection::show, connection::close))
        .routes(routes!(events::publish))
        .routes(routes!(events::send))
        .routes(routes!(activity::list))
        .routes(routes!(why::why))
        .routes(routes!(tail::tail))
        .routes(routes!(overview::show))
        .routes(routes!(history::show))
        .routes(routes!(checks::show))
}

/// The endpoints that anybody may call.
fn open_endpoints() -> OpenApiRouter<Arc<Node>> {
    OpenApiRouter::new().routes(routes!(session::show, session::begin, session::end))
}

/// All routes below `/admin`.
pub fn router(node: &Arc<Node>) -> Router {
    // Nested services, because they also get paths that end with a slash.
    let area = Router::new().nest_service("/api", api(node)).fallback(api::not_found).with_state(node.clone());
    Router::new().nest_service("/admin", area.layer(map_response(protect)))
}

fn api(node: &Arc<Node>) -> Router {
    let (endpoints, mut description) = endpoints().split_for_parts();
    let (open_endpoints, open_description) = open_endpoints().split_for_parts();
    description.merge(open_description);
    let description = openapi::finish(description, &node.settings.path_prefix);
    let answer = move || async { ([(header::CONTENT_TYPE, "application/json")], description) };
    let closed = endpoints
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn_with_state(node.clone(), gate::admit));
    // The description is public: it contains no more than this project's documentation.
    let open = open_endpoints.route("/openapi.json", get(answer)).method_not_allowed_fallback(method_not_allowed);
    let all = open.merge(closed).layer(middleware::from_fn_with_state(node.clone(), gate::require_operators));
    all.with_state(node.clone())
}

/// The description of the API as JSON.
#[cfg(test)]
pub(crate) fn description() -> String {
    let mut description = endpoints().into_openapi();
    description.merge(open_endpoints().into_openapi());
    openapi::finish(description, "")
}

async fn not_found() -> Problem {
    let detail = "The admin API has no such path: openapi.json beside /admin/api/apps describes those that there are";
    Problem::new(StatusCode::NOT_FOUND, detail)
}

async fn method_not_allowed(request: Request) -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, api::no_method(request.method()))
}

/// Forbids caching, because answers contain secrets, and forbids pages of other sites to load answers as something else
/// than they are.
async fn protect(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    response
}
