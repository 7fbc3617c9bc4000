//! `clairon app webhook test`

use anyhow::{Context as _, ensure};
use clairon_webhooks::{Sender, sample};
use jiff::Timestamp;
use serde_json::json;

use super::{super::unknown, Context, find};
use crate::cli::EndpointArguments;

/// Sends a sample, also to a disabled endpoint. Fails if the endpoint does not accept it.
pub(super) async fn run(context: &Context, endpoint: EndpointArguments) -> anyhow::Result<()> {
    let EndpointArguments { id, webhook } = endpoint;
    let app = context.registry().await?.find(&id).await?.with_context(|| unknown(&id))?;
    let webhook = find(&app, &webhook.into_inner())?;
    let delivery = sample(&app, webhook, Timestamp::now().as_millisecond());
    let body = String::from_utf8_lossy(&delivery.body);
    let outcome = Sender::new(&context.settings.server.webhooks).probe(&delivery).await;
    let (status, milliseconds) = (outcome.status(), outcome.latency().as_millis());
    let came = match (status, outcome.text()) {
        (Some(status), text) if text.is_empty() => format!("{status} after {milliseconds} ms"),
        (Some(status), text) => format!("{status} after {milliseconds} ms: {text}"),
        (None, text) => format!("no answer after {milliseconds} ms: {text}"),
    };
    let text = format!("POST {}\nX-Clairon-Delivery: {}\n{body}\n\n{came}\n", webhook.url, delivery.id);
    let json = json!({
        "id": id, "webhook": webhook.id.as_str(), "delivery": delivery.id, "body": body,
        "delivered": outcome.is_delivered(), "status": status, "latency_milliseconds": milliseconds,
        "answer": outcome.text(),
    });
    context.tell(&text, &json)?;
    ensure!(
        outcome.is_delivered(),
        "the endpoint {} did not accept the sample: it has to answer with a status of 200 to 299",
        webhook.id
    );
    Ok(())
}
