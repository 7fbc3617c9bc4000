//! The routes of the admin API.

use std::sync::Arc;

use axum::{
    Router,
    extract::Request,
    middleware::{self, map_response},
    response::Response,
    routing::get,
};
use http::{HeaderValue, StatusCode, header};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    apps, channel, channels, connection, connections, deliveries, events, gate, keys, openapi, problem::Problem,
    replay, statistics, switch, tail, webhook_test, webhooks,
};
use crate::{api, node::Node, settings::AdminSettings};

/// All endpoints with their descriptions. A new endpoint is a line here.
fn endpoints() -> OpenApiRouter<Arc<Node>> {
    OpenApiRouter::with_openapi(openapi::frame())
        .routes(routes!(apps::list, apps::create))
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
        .routes(routes!(channels::list))
        .routes(routes!(channel::show))
        .routes(routes!(connections::list))
        .routes(routes!(connection::show, connection::close))
        .routes(routes!(events::publish))
        .routes(routes!(events::send))
        .routes(routes!(tail::tail))
}

/// All routes below `/admin`.
pub(crate) fn router(node: &Arc<Node>) -> Router {
    let api = match &node.settings.admin {
        Some(admin) => api(node, admin),
        None => Router::new().fallback(gate::is_off),
    };
    // Nested services, because they also get paths that end with a slash.
    let area = Router::new().nest_service("/api", api).fallback(api::not_found).with_state(node.clone());
    Router::new().nest_service("/admin", area.layer(map_response(do_not_store)))
}

fn api(node: &Arc<Node>, admin: &AdminSettings) -> Router {
    let (endpoints, description) = endpoints().split_for_parts();
    let description = openapi::finish(description, &node.settings.path_prefix);
    let answer = move || async { ([(header::CONTENT_TYPE, "application/json")], description) };
    let closed = endpoints
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn_with_state((node.clone(), admin.token.clone()), gate::check_token));
    // The description is public: it contains no more than this project's documentation.
    let open = Router::new().route("/openapi.json", get(answer)).method_not_allowed_fallback(method_not_allowed);
    open.merge(closed).with_state(node.clone())
}

/// The description of the API as JSON.
#[cfg(test)]
pub(super) fn description() -> String {
    openapi::finish(endpoints().into_openapi(), "")
}

async fn not_found() -> Problem {
    let detail = "The admin API has no such path: openapi.json beside /admin/api/apps describes those that there are";
    Problem::new(StatusCode::NOT_FOUND, detail)
}

async fn method_not_allowed(request: Request) -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, api::no_method(request.method()))
}

/// Forbids caching, because answers contain secrets.
async fn do_not_store(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
