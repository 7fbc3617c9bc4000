//! `clairon stats`: the statistics in the registry.

mod report;
mod spans;
mod sparkline;

use std::num::NonZeroU32;

use anyhow::ensure;
use clairon_protocol::AppId;
use clairon_registry::StatisticsQuery;
use clap::Args;
use jiff::Timestamp;

use self::{report::Report, spans::Spans};
use super::{open_existing, print, since::Since};
use crate::{
    cli::RegistryPlace,
    config::{Problems, Settings},
};

/// The approximate largest number of columns of a sparkline.
const COLUMNS: i64 = 48;

#[derive(Debug, Args)]
pub(crate) struct StatsArguments {
    /// Only this app, in more detail
    #[arg(long, value_name = "ID", value_parser = AppId::parse)]
    app: Option<AppId>,
    /// The start: `90m`, `24h`, `7d` ago, or a date such as `2026-11-01`, in UTC
    #[arg(long, value_name = "SINCE", default_value = "24h")]
    since: Since,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: RegistryPlace,
}

/// # Errors
/// When the settings are invalid, the registry fails, or neither the app nor its statistics exist.
pub(crate) async fn run(arguments: StatsArguments) -> anyhow::Result<()> {
    let StatsArguments { app, since, json, place } = arguments;
    let settings = Settings::load(place.sources())?;
    let _log = settings.log.start()?;
    settings.remarks.log();
    let now = Timestamp::now();
    let since = since.before(now).map_err(|error| Problems::one(format_args!("--since: {error}")))?;
    let spans = Spans::new(since, now, settings.server.statistics.interval_seconds, COLUMNS);
    let registry = open_existing(&settings.database).await?;
    let step_seconds = NonZeroU32::try_from(spans.step_seconds())?;
    let query = StatisticsQuery { app: app.clone(), since: spans.start(), step_seconds };
    let report = Report::new(spans, &registry.list().await?, registry.statistics(&query).await?, app.as_ref());
    if let Some(id) = &app {
        ensure!(!report.is_empty(), "no app has the id {id}, and there are no statistics of it");
    }
    match app {
        _ if json => print(format_args!("{:#}\n", report.json())),
        Some(_) => print(report.detail()),
        None => print(report.table()),
    }
    Ok(())
}
