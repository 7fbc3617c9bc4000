//! The apps and their webhooks.

use clairon_registry::WebhookState;
use clairon_server::node::Node;
use clairon_webhooks::AnnouncerFigures;

use super::{Check, finding::Finding};

/// The number of names in a detail.
const NAMED: usize = 5;
/// The events that may wait for an endpoint without being worth a look.
const WAITING: u64 = 1_000;

/// Apps that let pages of every site connect and send to each other.
pub(super) fn origins(node: &Node) -> Check {
    let all = node.apps.all();
    let open: Vec<_> = all
        .iter()
        .filter(|app| app.enabled && app.client_messages && app.allowed_origins.is_empty())
        .map(|app| app.id.as_str())
        .collect();
    if open.is_empty() {
        return Check::ok(Finding::OriginsKnown, "No app has client events without allowed origins");
    }
    let named = some_of(&open);
    let apps = if open.len() == 1 { "app accepts" } else { "apps accept" };
    let detail = format!("{} {apps} client events from pages of every site: {named}", open.len());
    let advice = "Set allowed_origins of these apps to the sites that use them";
    Check::warning(Finding::OriginsOpen, detail, advice).with("apps", named).with("count", open.len())
}

pub(super) fn webhooks(node: &Node) -> Check {
    let AnnouncerFigures { handoff, is_database_away, endpoints, .. } = node.announcer.figures();
    if is_database_away {
        let advice = "They wait in memory until the database takes them. Look at it, and at the log";
        return Check::error(Finding::DatabaseAway, "The database takes no events for webhooks", advice);
    }
    let all = node.apps.all();
    let is_disabled = |state: &WebhookState| matches!(state, WebhookState::Disabled { reason: Some(_) });
    let disabled: Vec<_> = all
        .iter()
        .filter(|app| app.webhooks.iter().any(|it| is_disabled(&it.state)))
        .map(|app| app.id.as_str())
        .collect();
    if !disabled.is_empty() {
        let named = some_of(&disabled);
        let detail = format!("The server has disabled endpoints of these apps: {named}");
        let advice = "Their receivers said that they are gone. Correct the URL, or remove the endpoint";
        return Check::error(Finding::EndpointsDisabled, detail, advice).with("apps", named);
    }
    let late = endpoints.iter().filter_map(|it| Some((it, it.pending.filter(|pending| *pending > WAITING)?)));
    if let Some((endpoint, pending)) = late.max_by_key(|(_, pending)| *pending) {
        let app = endpoint.endpoint.name().map_or("", |(app, _)| app.as_str());
        let detail = format!("{pending} events wait for an endpoint of the app {app}");
        let advice = "Its receiver is slow or down: the deliveries of the app say what it answers";
        return Check::warning(Finding::EndpointLate, detail, advice).with("app", app).with("pending", pending);
    }
    let given_up: u64 = endpoints.iter().map(|endpoint| endpoint.given_up).sum();
    let lost = handoff.lost_events;
    if given_up + lost > 0 {
        let detail =
            format!("Since the start of the server, deliveries given up: {given_up}, events without room: {lost}");
        let advice = "Deliveries that were given up can be replayed, on the page of their app";
        return Check::warning(Finding::DeliveriesGivenUp, detail, advice)
            .with("given_up", given_up)
            .with("lost", lost);
    }
    Check::ok(Finding::WebhooksArrive, "None was given up since the start of the server")
}

/// The first names of a list.
fn some_of(names: &[&str]) -> String {
    let shown = names[..names.len().min(NAMED)].join(", ");
    if names.len() > NAMED { format!("{shown} and {} more", names.len() - NAMED) } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_is_cut() {
        assert_eq!(some_of(&["1", "2"]), "1, 2");
        assert_eq!(some_of(&["1"; 7]), "1, 1, 1, 1, 1 and 2 more");
    }
}
