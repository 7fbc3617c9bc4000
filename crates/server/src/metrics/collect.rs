//! Collects the figures for the page.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering::Relaxed},
};

use clairon_cluster::Mishap;
use clairon_hub::{AppHub, DELIVERY_BOUNDS, Traffic};
use clairon_protocol::AppId;
use jiff::Timestamp;

use super::{
    BACKLOG_BOUNDS, FRAMES_BOUNDS,
    process::Process,
    text::{MetricKind, Text},
    webhooks,
};
use crate::node::Node;

/// A figure of an app: its name, type, description, and how to get it.
type AppFigure = (&'static str, MetricKind, &'static str, fn(&AppHub) -> u64);

/// Failures between nodes.
const MISHAPS: [(&str, Mishap, &str); 3] = [
    ("bus_gaps_total", Mishap::Gap, "Reconnects to Redis, after which events of other nodes may have been missed."),
    ("bus_unanswered_publishes_total", Mishap::UnansweredPublish, "Publishes that Redis did not confirm."),
    (
        "bus_lost_leases_total",
        Mishap::LostLease,
        "Times that this node was declared dead, or that Redis lost its data.",
    ),
];

/// The names up to `http_calls_received_total` are those of soketi, so its dashboards work.
const APP_FIGURES: [AppFigure; 15] = [
    ("connected", MetricKind::Gauge, "Connections now.", |hub| hub.traffic().connections() as u64),
    ("new_connections_total", MetricKind::Counter, "Connections opened.", |hub| hub.traffic().opened()),
    ("new_disconnections_total", MetricKind::Counter, "Connections closed.", |hub| closed(hub.traffic())),
    ("socket_received_bytes", MetricKind::Counter, "Bytes of WebSocket messages received.", |hub| {
        hub.traffic().received().bytes
    }),
    ("socket_transmitted_bytes", MetricKind::Counter, "Bytes of WebSocket frames sent.", |hub| {
        hub.traffic().sent().bytes
    }),
    ("ws_messages_received_total", MetricKind::Counter, "WebSocket messages received.", |hub| {
        hub.traffic().received().messages
    }),
    ("ws_messages_sent_total", MetricKind::Counter, "WebSocket messages sent, each receiver counted.", |hub| {
        hub.traffic().sent().messages
    }),
    ("http_received_bytes", MetricKind::Counter, "Bytes of bodies of HTTP API requests.", |hub| {
        hub.traffic().requests().bytes
    }),
    ("http_transmitted_bytes", MetricKind::Counter, "Bytes of bodies of HTTP API answers.", |hub| {
        hub.traffic().answers().bytes
    }),
    ("http_calls_received_total", MetricKind::Counter, "HTTP API requests that were carried out.", |hub| {
        hub.traffic().requests().messages
    }),
    ("events_triggered_total", MetricKind::Counter, "Events triggered by backends.", |hub| hub.traffic().triggered()),
    (
        "cached_events_dropped_total",
        MetricKind::Counter,
        "Remembered events that were forgotten early, because all together had more bytes than cached_bytes.",
        |hub| hub.traffic().forgotten(),
    ),
    ("cached_bytes", MetricKind::Gauge, "Bytes of the events that this node remembers.", |hub| {
        hub.remembered_bytes() as u64
    }),
    ("channels", MetricKind::Gauge, "Channels with subscribers on this node.", |hub| hub.occupancy().channels as u64),
    ("subscriptions", MetricKind::Gauge, "Subscriptions on this node.", |hub| hub.occupancy().subscriptions as u64),
];

fn closed(traffic: &Traffic) -> u64 {
    // In this order, so that a connection opened in between does not count as closed.
    let connections = traffic.connections() as u64;
    traffic.opened().saturating_sub(connections)
}

/// The whole page.
pub(super) fn collect(node: &Node, prefix: &str, port: u16) -> String {
    let mut text = Text::new(prefix);
    apps(node, &mut text, &port.to_string());
    deliveries(node, &mut text);
    webhooks::collect(node, &mut text);
    recovery(node, &mut text);
    health(node, &mut text);
    certificates(node, &mut text);
    process(node, &mut text);
    text.into_page()
}

fn apps(node: &Node, text: &mut Text, port: &str) {
    // Most of thousands of apps may have no traffic. Their zeros would be most of the page.
    let mut hubs: HashMap<AppId, Arc<AppHub>> = node.hub.apps().into_iter().collect();
    hubs.retain(|_, hub| hub.traffic().has_any());
    let all = node.apps.all();
    let apps: Vec<(&str, &AppHub)> =
        all.iter().filter_map(|app| Some((app.id.as_str(), hubs.get(&app.id)?.as_ref()))).collect();
    for (name, kind, help, figure) in APP_FIGURES {
        text.metric(name, kind, help);
        for (id, hub) in &apps {
            text.sample(name, &[("app_id", id), ("port", port)], figure(hub));
        }
    }
}

fn deliveries(node: &Node, text: &mut Text) {
    let metrics = &node.metrics;
    let (mut counts, mut total, mut sum) = ([0; DELIVERY_BOUNDS.len()], 0, 0);
    for (_, hub) in node.hub.apps() {
        let deliveries = hub.traffic().deliveries();
        let (of_app, total_of_app) = deliveries.cumulative();
        counts.iter_mut().zip(of_app).for_each(|(count, of_app)| *count += of_app);
        total += total_of_app;
        sum += deliveries.sum();
    }
    let help = "Seconds from an event's arrival on this node to its last write to a socket.";
    text.histogram("delivery_latency_seconds", help, 1e6, (&DELIVERY_BOUNDS, &counts), (total, sum));
    let (counts, total) = metrics.backlog.cumulative();
    let help = "Size of outboxes in bytes, observed at each sweep.";
    text.histogram("outbox_bytes", help, 1.0, (&BACKLOG_BOUNDS, &counts), (total, metrics.backlog.sum()));
    let (counts, total) = metrics.frames.cumulative();
    let help = "Size of outboxes in frames, observed at each sweep.";
    text.histogram("outbox_frames", help, 1.0, (&FRAMES_BOUNDS, &counts), (total, metrics.frames.sum()));
    let help = "Memory of the frames in all outboxes together, in steps of 8 KiB for each.";
    text.single("outbox_memory_bytes", MetricKind::Gauge, help, node.outboxes.held());
    let help = "Memory of the incomplete messages of 8 KiB or more together.";
    text.single("partial_message_bytes", MetricKind::Gauge, help, node.partials.total());
    let help = "Clients disconnected because they read too slowly.";
    text.single("slow_consumers_dropped_total", MetricKind::Counter, help, metrics.slow_readers.load(Relaxed));
    text.metric("refusals_total", MetricKind::Counter, "Refusals, by kind and reason.");
    for ((kind, reason), count) in node.refusals.iter() {
        text.sample("refusals_total", &[("kind", kind), ("reason", reason)], count);
    }
    let help = "Effects of the limits in [edge], by limit and effect.";
    text.metric("edge_limits_total", MetricKind::Counter, help);
    for ((limit, effect), count) in node.limit_effects.iter() {
        text.sample("edge_limits_total", &[("limit", limit), ("effect", effect)], count);
    }
    let help = "Refusals logged without a search for the exact reason, because there were too many.";
    text.single("explanations_skipped_total", MetricKind::Counter, help, node.explainer.skipped());
}

/// The logs of channels, and what clients got from them.
fn recovery(node: &Node, text: &mut Text) {
    let size = node.hub.log_size();
    text.single("recovery_logs", MetricKind::Gauge, "Channels with a log for recovery.", size.logs);
    text.single("recovery_log_events", MetricKind::Gauge, "Events in these logs.", size.events);
    text.single("recovery_log_bytes", MetricKind::Gauge, "Bytes of these logs.", size.bytes);
    if let Some(kept) = node.peers.kept_logs() {
        let help = "Logs in Redis that this node keeps, those without subscribers too.";
        text.single("recovery_redis_logs", MetricKind::Gauge, help, kept.logs);
        text.single("recovery_redis_log_events", MetricKind::Gauge, "Events in these logs.", kept.events);
        text.single("recovery_redis_log_bytes", MetricKind::Gauge, "Bytes of these logs.", kept.bytes);
    }
    let help = "Subscriptions that came back and asked for missed events, by result. All but `recovered` and `declined` \
                told the client that events may be missing.";
    text.metric("recoveries_total", MetricKind::Counter, help);
    for (outcome, count) in node.metrics.recoveries.outcomes() {
        text.sample("recoveries_total", &[("outcome", outcome)], count);
    }
    let help = "Missed events that were sent again.";
    text.single("recovery_replayed_events_total", MetricKind::Counter, help, node.metrics.recoveries.replayed());
}

/// The remaining lifetime of each certificate, in seconds, and the failures to renew it.
fn certificates(node: &Node, text: &mut Text) {
    let Some(tls) = &node.tls else { return };
    let help = "Seconds until the certificate expires; negative once it has.";
    text.metric("certificate_expiry_seconds", MetricKind::Gauge, help);
    for certificate in tls.certificates.certificates().iter() {
        let left = certificate.expires().as_second() - Timestamp::now().as_second();
        text.sample("certificate_expiry_seconds", &[("certificate", certificate.name())], left);
    }
    let Some(acme) = &tls.acme else { return };
    let help = "Failed attempts to get or renew the certificate since the last success.";
    text.metric("certificate_failures", MetricKind::Gauge, help);
    for (domain, failures) in acme.failures() {
        text.sample("certificate_failures", &[("certificate", &domain)], failures);
    }
}

fn health(node: &Node, text: &mut Text) {
    let trouble = node.peers.trouble();
    let is_ready = node.obstacle().is_none();
    text.single("ready", MetricKind::Gauge, "1 while new clients are accepted, like /ready.", u8::from(is_ready));
    let help = "1 while this node can send to and receive from the others; always 1 on a single node.";
    text.single("bus_up", MetricKind::Gauge, help, u8::from(trouble.is_none()));
    let seconds = trouble.map_or(0.0, |trouble| trouble.since.elapsed().as_secs_f64());
    text.single("bus_trouble_seconds", MetricKind::Gauge, "Seconds for which bus_up has been 0.", seconds);
    for (name, mishap, help) in MISHAPS {
        text.single(name, MetricKind::Counter, help, node.peers.mishaps(mishap));
    }

    let (registry, now) = (&node.registry_health, node.clock.now());
    let help = "1 while the registry of apps answers.";
    text.single("registry_up", MetricKind::Gauge, help, u8::from(registry.is_up(now)));
    let help = "Seconds since the registry last answered.";
    text.single("registry_age_seconds", MetricKind::Gauge, help, registry.age(now).as_secs_f64());
    let help = "Times that the registry of apps did not answer.";
    text.single("registry_failures_total", MetricKind::Counter, help, registry.failures());
    let help = "1 unless writes to the registry fail.";
    text.single("registry_writable", MetricKind::Gauge, help, u8::from(registry.write_trouble().is_none()));
    let help = "Failed writes to the registry.";
    text.single("registry_write_failures_total", MetricKind::Counter, help, registry.write_failures());
}

fn process(node: &Node, text: &mut Text) {
    text.metric("build_info", MetricKind::Gauge, "Always 1.");
    text.sample("build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
    let help = "Start of the server, in seconds since 1970.";
    text.single("process_start_time_seconds", MetricKind::Gauge, help, node.clock.started_at());
    let Some(process) = Process::read() else { return };
    let help = "Memory in use, in bytes.";
    text.single("process_resident_memory_bytes", MetricKind::Gauge, help, process.resident_bytes);
    text.single("process_cpu_seconds_total", MetricKind::Counter, "CPU time used.", process.cpu.as_secs_f64());
    text.single("process_open_fds", MetricKind::Gauge, "Open files.", process.open_files);
    text.single("process_max_fds", MetricKind::Gauge, "How many files may be open.", process.max_files);
}
