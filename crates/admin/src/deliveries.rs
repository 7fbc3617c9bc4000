//! `/admin/api/apps/{id}/webhooks/deliveries`

use std::{borrow::Cow, sync::Arc};

use axum::{Json, extract::State};
use clairon_registry::{LogQuery, LoggedAttempt, ShownAttempt, WebhookId};
use clairon_server::node::Node;
use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};
use utoipa::{
    IntoParams, PartialSchema, ToSchema,
    openapi::{
        ArrayBuilder, KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, Type,
        schema::{AdditionalProperties, SchemaType},
    },
};

use crate::{path::AppPath, problem::Problem, query::Query, registry::ask};

/// The number of attempts in an answer if the request names no `limit`.
const LIMIT: u32 = 50;
/// The largest `limit`. The events of an attempt may be long.
const MOST: u32 = 100;

/// The parameters of the request: which attempts to return.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// Only attempts of this endpoint; without it, of all endpoints.
    #[param(required = false, nullable = false, pattern = "^[0-9a-f]{12}$")]
    webhook: Option<String>,
    /// `true`: only attempts that failed.
    #[serde(default)]
    #[param(required = false)]
    failed: bool,
    /// From when on.
    #[param(required = false, nullable = false)]
    since: Option<Timestamp>,
    /// Only attempts with a greater `id`, the oldest first. Without it, the newest come first.
    #[param(required = false, nullable = false)]
    after: Option<i64>,
    /// Only attempts with a smaller `id`.
    #[param(required = false, nullable = false)]
    before: Option<i64>,
    /// The largest number of attempts in the answer; 50 without it.
    #[param(required = false, nullable = false, minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// A page of the log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AttemptList {
    /// The newest first. With `after`, the oldest first.
    attempts: Vec<AttemptView>,
}

/// An attempt to deliver, as [`ShownAttempt`] writes it.
#[derive(Debug)]
pub(crate) struct AttemptView(LoggedAttempt);

/// The delivery log of an app
///
/// Each attempt of a delivery is an entry of its own. The last attempt of a delivery has the outcome `delivered` or
/// `given_up`.
#[utoipa::path(
    get, path = "/apps/{id}/webhooks/deliveries", operation_id = "listDeliveries", tag = "webhooks",
    params(("id" = String, Path, description = "The id of the app."), Wanted),
    responses(
        (status = 200, description = "The attempts.", body = AttemptList),
        (status = 404, description = "No such app."),
    ),
)]
pub(crate) async fn list(
    State(node): State<Arc<Node>>,
    AppPath(id): AppPath,
    Query(wanted): Query<Wanted>,
) -> Result<Json<AttemptList>, Problem> {
    let Wanted { webhook, failed, since, after, before, limit } = wanted;
    let limit = limit.unwrap_or(LIMIT);
    if !(1..=MOST).contains(&limit) {
        return Err(Problem::invalid(format!("limit is {limit}, allowed are whole numbers from 1 to {MOST}")));
    }
    let webhook = webhook.as_deref().map(parse_webhook).transpose()?;
    if ask(node.registry.find(&id)).await?.is_none() {
        return Err(Problem::no_app());
    }
    let query = LogQuery { app: Some(id), webhook, is_failed: failed, since, after, before, limit };
    let attempts = ask(node.registry.log(&query)).await?;
    Ok(Json(AttemptList { attempts: attempts.into_iter().map(AttemptView).collect() }))
}

/// Parses the id of an endpoint. The endpoint may have been removed.
pub(crate) fn parse_webhook(text: &str) -> Result<WebhookId, Problem> {
    WebhookId::parse(text).ok_or_else(|| {
        let size = text.len();
        let allowed = "the id of an endpoint has 12 hexadecimal digits in lower case";
        Problem::invalid(format!("webhook has {size} bytes: {allowed}"))
    })
}

impl Serialize for AttemptView {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ShownAttempt::from(&self.0).serialize(serializer)
    }
}

impl PartialSchema for AttemptView {
    fn schema() -> RefOr<Schema> {
        let text = |description| ObjectBuilder::new().schema_type(Type::String).description(Some(description));
        let optional = |r#type: Type, description| {
            ObjectBuilder::new().schema_type(SchemaType::from_iter([r#type, Type::Null])).description(Some(description))
        };
        let time = Some(SchemaFormat::KnownFormat(KnownFormat::DateTime));
        let number = |description| ObjectBuilder::new().schema_type(Type::Integer).description(Some(description));
        let event = ObjectBuilder::new().additional_properties(Some(AdditionalProperties::FreeForm(true)));
        let events = ArrayBuilder::new()
            .items(event)
            .description(Some("The events of the delivery as they were sent, as far as they are still kept."));
        let outcome = text("What followed.").enum_values(Some(["delivered", "retried", "given_up"]));
        let properties: [(&str, RefOr<Schema>); 13] = [
            ("id", number("Its place in the log: a later attempt has a greater one.").into()),
            ("app", text("The app.").into()),
            ("webhook", text("The endpoint.").into()),
            ("delivery", text("What the request had in `X-Clairon-Delivery`.").into()),
            ("replay_of", optional(Type::String, "The delivery that was to be repeated.").into()),
            ("node", text("The node that sent it.").into()),
            ("at", text("When it was sent.").format(time.clone()).into()),
            ("outcome", outcome.into()),
            ("status", optional(Type::Integer, "The status of the answer; `null`: there was none.").into()),
            ("latency_milliseconds", number("How long the answer took, or the failure.").into()),
            ("problem", optional(Type::String, "What went wrong.").into()),
            ("next_at", optional(Type::String, "When the delivery is tried again.").format(time).into()),
            ("events", events.into()),
        ];
        let object = ObjectBuilder::new().description(Some("An attempt to deliver."));
        let with = |object: ObjectBuilder, (name, schema)| object.property(name, schema).required(name);
        properties.into_iter().fold(object, with).into()
    }
}

impl ToSchema for AttemptView {
    fn name() -> Cow<'static, str> {
        "Attempt".into()
    }
}
