//! `clairon webhook replay`

use anyhow::ensure;
use clairon_registry::{DeliveryId, Registry, Replays, WebhookId, WhichDeliveries};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::wrong_since;
use crate::{
    cli::{ReplayArguments, Whose},
    commands::print,
};

/// Makes new deliveries of old ones. A running server sends them at once. Fails if one of the given deliveries does not
/// exist or has not ended.
pub(super) async fn run(registry: &dyn Registry, arguments: ReplayArguments, json: bool) -> anyhow::Result<()> {
    let ReplayArguments { deliveries, failed, since, whose: Whose { app, endpoint } } = arguments;
    let which = match since {
        Some(since) => {
            let time = since.before(Timestamp::now()).map_err(wrong_since)?;
            WhichDeliveries::Since { time, app, webhook: endpoint }
        }
        None if failed => WhichDeliveries::GivenUp { app, webhook: endpoint },
        None => WhichDeliveries::Named { deliveries: deliveries.clone(), app, webhook: endpoint },
    };
    let mut replayed = Vec::new();
    let (mut after, mut more) = (0, true);
    while more {
        let Replays { deliveries, next } = registry.replay(&which, after).await?;
        (after, more) = (next.unwrap_or_default(), next.is_some());
        if !json {
            for replay in &deliveries {
                print(format_args!("{}  again as {}\n", replay.original, replay.delivery));
            }
        }
        replayed.extend(deliveries);
    }
    let missing: Vec<&str> = deliveries
        .iter()
        .filter(|delivery| replayed.iter().all(|replay| replay.original != **delivery))
        .map(DeliveryId::as_str)
        .collect();
    if json {
        let replayed = replayed.iter().map(|replay| {
            let (app, webhook) = replay.endpoint.name().unzip();
            json!({
                "app": app, "webhook": webhook.map(WebhookId::as_str),
                "delivery": replay.delivery.as_str(), "replay_of": replay.original.as_str(),
            })
        });
        print(format_args!("{:#}\n", json!({ "replayed": replayed.collect::<Value>(), "missing": missing })));
    } else if replayed.is_empty() && missing.is_empty() {
        print("there is nothing to replay\n");
    }
    ensure!(
        missing.is_empty(),
        "no delivery that has ended has the id {}: `clairon webhook log` lists the deliveries",
        missing.join(", ")
    );
    Ok(())
}
