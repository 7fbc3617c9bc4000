//! The section `webhooks`: what holds for the webhooks of all apps.

use std::time::Duration;

use clairon_webhooks::WebhookSettings;

use super::{
    cluster::read_authorities,
    fields::{Fields, optional},
};

pub(super) fn read(fields: &mut Fields<'_>) -> Option<WebhookSettings> {
    let linger = fields.number("webhooks.linger_seconds", 0..=3_600);
    let startup = fields.number("webhooks.startup_seconds", 0..=3_600);
    let batch_time = fields.number("webhooks.batch_milliseconds", 0..=60_000);
    let batch_events = fields.number("webhooks.batch_events", 1..=1_000_u32);
    let timeout = fields.number("webhooks.timeout_seconds", 1..=60);
    let retry = fields.number("webhooks.retry_seconds", 0..=2_592_000);
    let keep_days = fields.number("webhooks.keep_days", 1..=3_650);
    let pending_rows = fields.number("webhooks.pending_rows", 100..=100_000_000);
    let allow_private_addresses = fields.flag("webhooks.allow_private_addresses");
    let authorities = fields.text("webhooks.ca_file", optional(read_authorities));
    Some(WebhookSettings {
        linger: Duration::from_secs(linger?),
        startup: Duration::from_secs(startup?),
        batch_time: Duration::from_millis(batch_time?),
        batch_events: usize::try_from(batch_events?).ok()?,
        timeout: Duration::from_secs(timeout?),
        retry: Duration::from_secs(retry?),
        keep: Duration::from_hours(24 * keep_days?),
        pending_rows: pending_rows?,
        allow_private_addresses: allow_private_addresses?,
        authorities: authorities?,
        // It depends on the limit of open files.
        ..WebhookSettings::default()
    })
}
