//! The settings of the server.

use std::time::Duration;

use clairon_protocol::Limits;
use clairon_server::{
    BearerToken, CompressionSettings, ConnectionLimits, Heartbeat, MetricsSettings, OutboxLimits, Settings,
    StatisticsSettings, TlsSettings, TrustedProxies,
};

use super::{
    cluster, dashboard, edge,
    fields::{Fields, optional},
    webhook_settings,
};

pub(super) fn read(fields: &mut Fields<'_>, limits: Limits) -> Option<Settings> {
    let path_prefix = fields.text("server.path_prefix", parse_path_prefix);
    let trusted_proxies = read_trusted_proxies(fields);
    let shutdown = fields.number("server.shutdown_seconds", 0..=3_600);
    let drain = fields.number("server.drain_seconds", 0..=3_600);
    let cluster = cluster::read(fields);
    let metrics = read_metrics(fields);
    let statistics = read_statistics(fields);
    let authorization = fields.number("heartbeat.authorization_seconds", 1..=3_600);
    let edge = edge::read(fields);
    let heartbeat = read_heartbeat(fields);
    let is_compressing = fields.flag("compression.enabled");
    let compression = read_compression(fields);
    let outbox = read_outbox(fields);
    let webhooks = webhook_settings::read(fields);
    let recovery_bytes = fields.number("recovery.bytes_total", 1_u32 << 20..=u32::MAX);
    let operators = dashboard::read(fields, limits);
    let recorder_bytes = fields.number("dashboard.recorder_bytes", 0..=u32::MAX);
    let write_timeout = fields.number("outbox.write_timeout_seconds", 1..=3_600);
    let (admin, dashboard) = operators?;
    Some(Settings {
        path_prefix: path_prefix?,
        // It depends on the listeners too.
        tls: TlsSettings::default(),
        trusted_proxies: trusted_proxies?,
        edge: edge?,
        heartbeat: heartbeat?,
        compression: is_compressing?.then_some(compression?),
        outbox: outbox?,
        write_timeout: Duration::from_secs(write_timeout?),
        // It is derived at the start from the system's limit of open files.
        connections: ConnectionLimits { all: usize::MAX, websockets: usize::MAX },
        authorization_timeout: Duration::from_secs(authorization?),
        shutdown_grace: Duration::from_secs(shutdown?),
        drain: Duration::from_secs(drain?),
        metrics: metrics?,
        statistics: statistics?,
        webhooks: webhooks?,
        recovery_bytes: usize::try_from(recovery_bytes?).ok()?,
        recorder_bytes: usize::try_from(recorder_bytes?).ok()?,
        cluster,
        admin,
        dashboard,
    })
}

fn read_trusted_proxies(fields: &mut Fields<'_>) -> Option<TrustedProxies> {
    let entries = fields.list("server.trusted_proxies")?;
    TrustedProxies::parse(&entries).map_err(|error| fields.refuse("server.trusted_proxies", error)).ok()
}

fn read_statistics(fields: &mut Fields<'_>) -> Option<StatisticsSettings> {
    let interval_seconds = fields.number("statistics.interval_seconds", 1..=86_400);
    let keep_days = fields.number("statistics.keep_days", 0..=36_500);
    Some(StatisticsSettings { interval_seconds: interval_seconds?, keep_days: keep_days? })
}

fn read_metrics(fields: &mut Fields<'_>) -> Option<MetricsSettings> {
    let prefix = fields.text("metrics.prefix", parse_metrics_prefix);
    let token = fields.secret("metrics.token", optional(BearerToken::parse));
    // The port is known only once the socket listens.
    Some(MetricsSettings { prefix: prefix?, token: token?, port: 0 })
}

fn parse_metrics_prefix(text: &str) -> Result<String, &'static str> {
    let is_good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if (1..=64).contains(&text.len()) && !text.as_bytes()[0].is_ascii_digit() && text.bytes().all(is_good) {
        Ok(text.to_owned())
    } else {
        Err("allowed are 1 to 64 letters, digits and underscores, no digit first")
    }
}

/// Parses a path that begins with a slash. A slash at its end is removed.
fn parse_path_prefix(text: &str) -> Result<String, &'static str> {
    let prefix = text.strip_suffix('/').unwrap_or(text);
    let is_segment = |segment: &str| {
        !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
    };
    match prefix.strip_prefix('/') {
        None if prefix.is_empty() => Ok(String::new()),
        Some(path) if path.split('/').all(is_segment) => Ok(prefix.to_owned()),
        _ => Err("allowed is a path such as /ws, of A-Z a-z 0-9 - . _ ~ between its slashes"),
    }
}

fn read_heartbeat(fields: &mut Fields<'_>) -> Option<Heartbeat> {
    let activity_timeout = fields.number("heartbeat.activity_timeout_seconds", 1..=3_600);
    let ping_after = fields.number("heartbeat.ping_after_seconds", 1..=3_600);
    let close_after = fields.number("heartbeat.close_after_seconds", 2..=7_200);
    let (ping_after, close_after) = (ping_after?, close_after?);
    // A connection must outlive the ping that tests it.
    if close_after <= ping_after {
        let wrong = format!("must be more than heartbeat.ping_after_seconds, which is {ping_after}");
        fields.refuse("heartbeat.close_after_seconds", wrong);
    }
    Some(Heartbeat {
        activity_timeout_seconds: activity_timeout?,
        ping_after_seconds: ping_after,
        close_after_seconds: close_after,
    })
}

fn read_compression(fields: &mut Fields<'_>) -> Option<CompressionSettings> {
    let min_bytes = fields.number("compression.min_bytes", 64..=1_u32 << 30);
    let level = fields.number("compression.level", 1..=9);
    Some(CompressionSettings { min_bytes: usize::try_from(min_bytes?).ok()?, level: level? })
}

fn read_outbox(fields: &mut Fields<'_>) -> Option<OutboxLimits> {
    let bytes = fields.number("outbox.bytes", 65_536..=1_u32 << 30);
    let frames = fields.number("outbox.frames", 16..=1_000_000_u32);
    Some(OutboxLimits { bytes: usize::try_from(bytes?).ok()?, frames: usize::try_from(frames?).ok()? })
}
