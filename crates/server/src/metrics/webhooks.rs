//! The figures of webhooks.

use clairon_webhooks::{AnnouncerFigures, EndpointFigures};

use super::text::{
    MetricKind::{Counter, Gauge},
    Text,
};
use crate::node::Node;

pub(super) fn collect(node: &Node, text: &mut Text) {
    let AnnouncerFigures { handoff, written, unwritable, overflowed, is_database_away, endpoints } =
        node.announcer.figures();
    let help = "Events for webhooks that wait in memory for the database.";
    text.single("webhook_handoff_entries", Gauge, help, handoff.waiting);
    let help = "How many events for webhooks may wait in memory for the database.";
    text.single("webhook_handoff_capacity", Gauge, help, handoff.capacity);
    let help = "Bytes of their texts.";
    text.single("webhook_handoff_bytes", Gauge, help, handoff.bytes);
    let help = "Channels and members that are absent, and may come back before their webhook is due.";
    text.single("webhook_lingering", Gauge, help, handoff.lingering);
    let name = "webhook_handoff_lost_total";
    let help = "What did not fit into memory. Edges are made up for later; events are lost.";
    text.metric(name, Counter, help);
    text.sample(name, &[("kind", "edge")], handoff.lost_observations);
    text.sample(name, &[("kind", "event")], handoff.lost_events);
    let help = "Events for webhooks that were written to the database, one for each endpoint.";
    text.single("webhook_events_total", Counter, help, written);
    let help = "Events for webhooks that the database refused.";
    text.single("webhook_events_refused_total", Counter, help, unwritable);
    let help = "Events for webhooks that were given up because their endpoint had too many pending.";
    text.single("webhook_overflowed_total", Counter, help, overflowed);
    let help = "1 while the database takes events for webhooks, as far as is known.";
    text.single("webhook_database_up", Gauge, help, u8::from(!is_database_away));

    let names = |figures: &EndpointFigures| {
        let (app, webhook) = figures.endpoint.name()?;
        Some((app.as_str().to_owned(), webhook.as_str().to_owned()))
    };
    let labelled: Vec<_> = endpoints.iter().filter_map(|figures| Some((names(figures)?, figures))).collect();
    let name = "webhook_deliveries_total";
    text.metric(name, Counter, "Requests of this node to endpoints of webhooks, by what came of them.");
    for ((app, webhook), figures) in &labelled {
        let outcomes = [("delivered", figures.delivered), ("retried", figures.retried), ("given_up", figures.given_up)];
        for (outcome, count) in outcomes {
            text.sample(name, &[("app_id", app), ("webhook", webhook), ("outcome", outcome)], count);
        }
    }
    let name = "webhook_pending";
    text.metric(name, Gauge, "Pending events of endpoints that this node delivers to, some seconds ago.");
    for ((app, webhook), figures) in &labelled {
        if let Some(pending) = figures.pending {
            text.sample(name, &[("app_id", app), ("webhook", webhook)], pending);
        }
    }
}
