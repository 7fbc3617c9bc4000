//! `clairon webhook log`

use std::{
    io::{self, Write},
    time::Duration,
};

use anyhow::Context;
use clairon_protocol::escape_json;
use clairon_registry::{LogQuery, LoggedAttempt, Registry, ShownAttempt};
use jiff::Timestamp;
use tokio::time::{MissedTickBehavior, interval};

use super::{line, wrong_since};
use crate::{cli::LogArguments, commands::CANNOT_PRINT};

/// The number of attempts read at once. It is small because their bodies may be long.
const PAGE: u32 = 100;
/// The time between two reads of the log with `--follow`.
const INTERVAL: Duration = Duration::from_millis(500);

/// Prints the latest attempts in their order, or a note that there are none. With `--follow`, it then prints new ones.
pub(super) async fn run(registry: &dyn Registry, arguments: LogArguments, json: bool) -> anyhow::Result<()> {
    let LogArguments { whose, failed, since, limit, follow } = arguments;
    let since = since.map(|since| since.before(Timestamp::now())).transpose().map_err(wrong_since)?;
    let query = LogQuery { app: whose.app, webhook: whose.endpoint, is_failed: failed, since, ..LogQuery::default() };
    let first = first_of_latest(registry, &query, limit).await?;
    let mut last = first.map_or(i64::MAX, |first| first - 1);
    if first.is_some() {
        print_after(registry, &query, &mut last, json).await?;
    } else if follow {
        last = -1;
    } else if !json {
        eprintln!("note: there are no such attempts");
    }
    if !follow {
        return Ok(());
    }
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        print_after(registry, &query, &mut last, json).await?;
    }
}

/// The id in the log directly before the latest `limit` attempts. `None` if there are no attempts.
async fn first_of_latest(registry: &dyn Registry, query: &LogQuery, limit: u32) -> anyhow::Result<Option<i64>> {
    let (mut first, mut left) = (None, limit);
    while left > 0 {
        let page = registry.log(&LogQuery { before: first, limit: left.min(PAGE), ..query.clone() }).await?;
        let Some(oldest) = page.last() else { break };
        first = Some(oldest.id);
        left = left.saturating_sub(u32::try_from(page.len()).unwrap_or(u32::MAX));
    }
    Ok(first)
}

/// Prints the attempts after `last`, and advances it.
async fn print_after(registry: &dyn Registry, query: &LogQuery, last: &mut i64, json: bool) -> anyhow::Result<()> {
    loop {
        let page = registry.log(&LogQuery { after: Some(*last), limit: PAGE, ..query.clone() }).await?;
        let Some(newest) = page.last() else { return Ok(()) };
        *last = newest.id;
        for logged in &page {
            print(logged, json).context(CANNOT_PRINT)?;
        }
    }
}

/// Prints an attempt: one line of JSON, or some lines of text.
fn print(logged: &LoggedAttempt, json: bool) -> io::Result<()> {
    if json {
        let json = serde_json::to_string(&ShownAttempt::from(logged))?;
        return writeln!(io::stdout(), "{}", escape_json(&json));
    }
    let mut out = anstream::stdout().lock();
    writeln!(out, "{}", line::text(logged))?;
    out.flush()
}
