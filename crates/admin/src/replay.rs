//! `/admin/api/apps/{id}/webhooks/deliveries/replay`

use std::sync::Arc;

use axum::{Json, extract::State};
use clairon_protocol::AppId;
use clairon_registry::{DeliveryId, Replays, WebhookId, WhichDeliveries};
use clairon_server::node::Node;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ArrayBuilder, KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, Type, schema::AdditionalProperties,
    },
};

use crate::{
    body::Object,
    change_log::{AdminChange, Author},
    invalid_field::{Allowed, InvalidField},
    path::AppPath,
    problem::{Fault, Problem},
    query::{Nothing, Query},
    registry::ask,
};

/// The most deliveries that a request may list.
const NAMED: usize = 1_000;

/// The body of the request: the deliveries to replay.
#[derive(Debug, Default)]
pub(crate) struct WantedReplay {
    deliveries: Option<Vec<DeliveryId>>,
    failed: bool,
    since: Option<Timestamp>,
    webhook: Option<WebhookId>,
}

/// The deliveries that were replayed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReplayList {
    /// The new deliveries.
    replayed: Vec<ReplayView>,
}

/// A delivery that replays an earlier one.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReplayView {
    /// The endpoint that receives it.
    webhook: String,
    /// The new delivery.
    delivery: String,
    /// The earlier delivery. The request carries its id in `X-Clairon-Replay-Of`.
    replay_of: String,
}

/// Replay deliveries
///
/// Makes a new delivery of each selected delivery that has ended. `deliveries` selects by id; `failed` selects those
/// that were given up and not replayed since; `since` selects those with events after a time.
#[utoipa::path(
    post, path = "/apps/{id}/webhooks/deliveries/replay", operation_id = "replayDeliveries", tag = "webhooks",
    request_body = WantedReplay,
    params(("id" = String, Path, description = "The id of the app.")),
    responses(
        (status = 200, description = "What is delivered again.", body = ReplayList),
        (status = 404, description = "No such app."),
    ),
)]
pub(crate) async fn replay(
    State(node): State<Arc<Node>>,
    author: Author,
    AppPath(id): AppPath,
    Query(Nothing {}): Query<Nothing>,
    body: Object,
) -> Result<Json<ReplayList>, Problem> {
    let which = WantedReplay::read(body)?.of_app(&id)?;
    if ask(node.registry.find(&id)).await?.is_none() {
        return Err(Problem::no_app());
    }
    let mut list = ReplayList { replayed: Vec::new() };
    let (mut after, mut more) = (0, true);
    while more {
        let Replays { deliveries, next } = ask(node.registry.replay(&which, after)).await?;
        (after, more) = (next.unwrap_or_default(), next.is_some());
        node.announcer.wake(deliveries.iter().map(|replay| replay.endpoint.clone()));
        list.replayed.extend(deliveries.into_iter().map(|replay| ReplayView {
            webhook: replay.endpoint.name().map(|(_, webhook)| webhook.to_string()).unwrap_or_default(),
            delivery: replay.delivery.to_string(),
            replay_of: replay.original.to_string(),
        }));
    }
    author.log(&id, AdminChange::DeliveriesReplayed(list.replayed.len()));
    Ok(Json(list))
}

impl WantedReplay {
    /// # Errors
    /// All invalid fields.
    fn read(object: Object) -> Result<Self, Problem> {
        let mut wanted = Self::default();
        let mut faults = Vec::new();
        for (name, value) in object.0 {
            if let Err(invalid) = wanted.take(&name, &value) {
                faults.push(Fault::field(&name, invalid.to_string()));
            }
        }
        if faults.is_empty() { Ok(wanted) } else { Err(Problem::fields(faults)) }
    }

    fn take(&mut self, name: &str, value: &Value) -> Result<(), InvalidField> {
        match (name, value) {
            ("deliveries", Value::Array(items)) if items.len() <= NAMED => {
                let ids = items.iter().map(|item| item.as_str().and_then(DeliveryId::parse)).collect::<Option<_>>();
                self.deliveries =
                    Some(ids.ok_or_else(|| InvalidField::wrong("deliveries", value, Allowed::Deliveries))?);
            }
            ("failed", Value::Bool(failed)) => self.failed = *failed,
            ("since", Value::String(text)) => {
                let time = text.parse().map_err(|_| InvalidField::wrong("since", value, Allowed::Time))?;
                self.since = Some(time);
            }
            ("webhook", Value::String(text)) => {
                let id =
                    WebhookId::parse(text).ok_or_else(|| InvalidField::wrong("webhook", value, Allowed::Webhook))?;
                self.webhook = Some(id);
            }
            ("deliveries", other) => return Err(InvalidField::wrong("deliveries", other, Allowed::Deliveries)),
            ("failed", other) => return Err(InvalidField::wrong("failed", other, Allowed::Flag)),
            ("since", other) => return Err(InvalidField::wrong("since", other, Allowed::Time)),
            ("webhook", other) => return Err(InvalidField::wrong("webhook", other, Allowed::Webhook)),
            (name, _) => return Err(InvalidField::unknown_of(name, "a replay")),
        }
        Ok(())
    }

    /// # Errors
    /// The request has none, or more than one, of the fields that select deliveries.
    fn of_app(self, app: &AppId) -> Result<WhichDeliveries, Problem> {
        let (app, webhook) = (Some(app.clone()), self.webhook);
        match (self.deliveries, self.failed, self.since) {
            (Some(deliveries), false, None) => Ok(WhichDeliveries::Named { deliveries, app, webhook }),
            (None, true, None) => Ok(WhichDeliveries::GivenUp { app, webhook }),
            (None, false, Some(time)) => Ok(WhichDeliveries::Since { time, app, webhook }),
            _ => Err(Problem::invalid("allowed is one of deliveries, failed (which is true) and since")),
        }
    }
}

impl PartialSchema for WantedReplay {
    fn schema() -> RefOr<Schema> {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let id = text().pattern(Some("^[0-9a-f]{24}$"));
        let webhook = || text().pattern(Some("^[0-9a-f]{12}$")).description(Some("Only those of this endpoint."));
        let one_of = |name: &str, field: RefOr<Schema>| {
            ObjectBuilder::new()
                .additional_properties(Some(AdditionalProperties::FreeForm(false)))
                .property(name, field)
                .property("webhook", webhook())
                .required(name)
        };
        let deliveries = ArrayBuilder::new().items(id).max_items(Some(NAMED));
        let failed = ObjectBuilder::new().schema_type(Type::Boolean).enum_values(Some([true]));
        let since = text().format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)));
        utoipa::openapi::OneOfBuilder::new()
            .item(one_of("deliveries", deliveries.into()))
            .item(one_of("failed", failed.into()))
            .item(one_of("since", since.into()))
            .description(Some("Which deliveries are to be repeated."))
            .into()
    }
}

impl ToSchema for WantedReplay {
    fn name() -> std::borrow::Cow<'static, str> {
        "Replay".into()
    }
}
