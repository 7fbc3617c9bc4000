//! `/admin/api/apps/{id}/webhooks/{webhook}/test`

use std::sync::Arc;

use axum::{Json, extract::State};
use clairon_server::node::Node;
use clairon_webhooks::{Sender, sample};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    path::WebhookPath,
    problem::Problem,
    query::{Nothing, Query},
    registry::find_webhook,
};

/// The result of a sample.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SampleResult {
    /// The id of the request, from its header `X-Clairon-Delivery`.
    delivery: String,
    /// The body of the request.
    body: String,
    /// True if the endpoint accepted it, which is a status of 200 to 299.
    delivered: bool,
    /// The status of the answer; `null` if there was no answer.
    #[schema(required)]
    status: Option<u16>,
    /// The time until the head of the answer or the failure, in milliseconds.
    latency_milliseconds: u64,
    /// The beginning of the answer's body, or the reason why there was no answer.
    answer: String,
}

/// Send a sample to an endpoint
///
/// Sends one signed request with an event of a kind and a channel that the endpoint receives, also if the endpoint is
/// disabled. The request is not repeated and not logged.
#[utoipa::path(
    post, path = "/apps/{id}/webhooks/{webhook}/test", operation_id = "testWebhook", tag = "webhooks",
    params(
        ("id" = String, Path, description = "The id of the app."),
        ("webhook" = String, Path, description = "The id of the endpoint."),
    ),
    responses(
        (status = 200, description = "The result, also if the endpoint refused the sample.", body = SampleResult),
        (status = 404, description = "No such app, or it has no such endpoint."),
    ),
)]
pub(crate) async fn test(
    State(node): State<Arc<Node>>,
    WebhookPath(id, webhook): WebhookPath,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Json<SampleResult>, Problem> {
    let (app, webhook) = find_webhook(&node, &id, &webhook).await?;
    let delivery = sample(&app, &webhook, Timestamp::now().as_millisecond());
    let outcome = Sender::new(&node.settings.webhooks).probe(&delivery).await;
    Ok(Json(SampleResult {
        body: String::from_utf8_lossy(&delivery.body).into_owned(),
        delivered: outcome.is_delivered(),
        status: outcome.status(),
        latency_milliseconds: u64::try_from(outcome.latency().as_millis()).unwrap_or(u64::MAX),
        answer: outcome.text().into_owned(),
        delivery: delivery.id,
    }))
}
