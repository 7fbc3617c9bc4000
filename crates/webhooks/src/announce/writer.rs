//! The task that writes batches to the store.

use std::{
    collections::{HashMap, hash_map::Entry as MapEntry},
    ops::ControlFlow,
    sync::atomic::Ordering::Relaxed,
    time::{Duration, Instant},
};

use clairon_registry::{Entry, RegistryError, Subject, within};
use tokio::time::sleep;
use tracing::{error, info};

use super::{
    backlog::BacklogNote,
    compose,
    members_first::{KnownChannels, is_vacated, members_first},
    occupied_first::occupied_first,
    report::ChannelReport,
};
use crate::announcer::Announcer;

/// The time for which the first report of a batch waits for others. It leaves time for the write, so that an event
/// is in the database within 100 ms.
const GATHER: Duration = Duration::from_millis(25);
/// The largest number of reports in one batch, and the size of their texts in bytes at which a batch ends.
const BATCH: usize = 1_024;
const BATCH_BYTES: usize = 4 << 20;
/// The timeout for the database.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// The first pause, and all later ones, between two tries while the database accepts no writes.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(1)];

/// Writes reports until the node stops, and then the rest of them, unless that is aborted.
pub(crate) async fn run(announcer: &Announcer) {
    let mut backlog = BacklogNote::default();
    loop {
        let is_stopping = announcer.stopping.is_cancelled();
        wait(announcer).await;
        if !is_stopping {
            sleep(GATHER).await;
        }
        let batch = announcer.handoff.take(Instant::now(), BATCH, BATCH_BYTES);
        if batch.is_empty() && is_stopping {
            return;
        }
        let is_full = batch.len() == BATCH || batch.iter().map(ChannelReport::bytes).sum::<usize>() >= BATCH_BYTES;
        let is_late = is_full && announcer.handoff.figures().waiting > 0;
        if write(announcer, batch, is_late.then_some(&mut backlog)).await.is_break() {
            return;
        }
        if !is_late {
            backlog.end(announcer).await;
        }
    }
}

/// Waits until there is something to write or the node stops.
async fn wait(announcer: &Announcer) {
    while !announcer.stopping.is_cancelled() {
        let now = Instant::now();
        let next = announcer.handoff.next(now);
        if next.is_some_and(|next| next <= now) {
            return;
        }
        tokio::select! {
            () = announcer.handoff.arrived() => {}
            () = tokio::time::sleep_until(next.unwrap_or(now).into()), if next.is_some() => {}
            () = announcer.stopping.cancelled() => {}
        }
    }
}

/// Writes a batch, with as many tries as it takes. An event that the database refuses while it accepts other writes is
/// left out. It breaks off if the node stops waiting. With `backlog`, others wait behind it, which is noted first.
async fn write(
    announcer: &Announcer,
    batch: Vec<ChannelReport>,
    mut backlog: Option<&mut BacklogNote>,
) -> ControlFlow<()> {
    let are_alone = announcer.settings.batch_time.is_zero();
    let known = loop {
        let read = async {
            if let Some(backlog) = &mut backlog {
                backlog.begin(announcer, &batch).await?;
            }
            known_of_vacated(announcer, &batch).await
        };
        match read.await {
            Ok(known) => break known,
            Err(error) => wait_for_database(announcer, &error, batch.len()).await?,
        }
    };
    let mut reports = members_first(batch, known);
    if !announcer.is_alone {
        reports = occupied_first(reports, |app| announcer.tracks(app, &Subject::Channel));
    }
    let entries: Vec<_> =
        reports.into_iter().filter_map(|report| compose::entry(&announcer.apps, are_alone, report)).collect();
    let mut pieces = vec![entries];
    let mut is_repeated = false;
    while let Some(piece) = pieces.pop() {
        let error = match record(announcer, &piece, is_repeated).await {
            Ok(()) => continue,
            Err(error) => error,
        };
        // The write may have succeeded although its answer was lost.
        is_repeated = true;
        if within(ANSWER_TIMEOUT, announcer.store.record(&[], 1, false)).await.is_err() {
            wait_for_database(announcer, &error, announcer.handoff.figures().waiting + piece.len()).await?;
            pieces.push(piece);
        } else if piece.len() > 1 {
            let mut first = piece;
            let second = first.split_off(first.len() / 2);
            pieces.extend([second, first]);
        } else if record(announcer, &piece, true).await.is_err() {
            error!(%error, "an event for webhooks cannot be written, and is left out");
            announcer.figures.unwritable.fetch_add(1, Relaxed);
        }
    }
    if announcer.is_database_away.swap(false, Relaxed) {
        info!("the database takes events for webhooks again");
    }
    ControlFlow::Continue(())
}

async fn record(announcer: &Announcer, entries: &[Entry], is_repeated: bool) -> Result<(), RegistryError> {
    if entries.is_empty() {
        return Ok(());
    }
    let rows = announcer.settings.pending_rows;
    let recorded = within(ANSWER_TIMEOUT, announcer.store.record(entries, rows, is_repeated)).await?;
    for (endpoint, count) in &recorded.given_up {
        announcer.overflows.note(endpoint, *count);
        announcer.figures.overflowed.fetch_add(*count, Relaxed);
    }
    let written: u64 = recorded.added.iter().map(|added| added.count).sum();
    announcer.figures.written.fetch_add(written, Relaxed);
    announcer.deliveries.add_events(recorded.added);
    Ok(())
}

/// Waits before the next try. It breaks off if the node stops waiting.
async fn wait_for_database(announcer: &Announcer, error: &RegistryError, waiting: usize) -> ControlFlow<()> {
    announcer.note_outage();
    let was_away = announcer.is_database_away.swap(true, Relaxed);
    if !was_away {
        error!(%error, waiting, "the database takes no events for webhooks: they wait in memory");
    }
    tokio::select! {
        () = sleep(PAUSES[usize::from(was_away)]) => ControlFlow::Continue(()),
        () = announcer.aborted.cancelled() => ControlFlow::Break(()),
    }
}

/// The announced state of the presence channels that are vacated in a batch.
async fn known_of_vacated(announcer: &Announcer, batch: &[ChannelReport]) -> Result<KnownChannels, RegistryError> {
    let mut known = HashMap::new();
    for ChannelReport { app, channel, .. } in batch.iter().filter(|report| is_vacated(report)) {
        if let MapEntry::Vacant(place) = known.entry((app.clone(), channel.clone())) {
            place.insert(within(ANSWER_TIMEOUT, announcer.store.announced_in_channel(app, channel)).await?);
        }
    }
    Ok(known)
}

#[cfg(test)]
mod tests {
    use std::{path::Path, sync::Arc};

    use clairon_protocol::{AppId, ChannelName, Limits};
    use clairon_registry::{App, AppCache, Observation, Webhook, WebhookUrl};
    use jiff::Timestamp;
    use sqlx::{Connection, SqliteConnection};

    use super::{super::ReportContent, *};
    use crate::WebhookSettings;

    fn vacated(app: &AppId, channel: &str) -> ChannelReport {
        let observation = Observation { subject: Subject::Channel, is_present: false, version: 7 };
        ChannelReport {
            app: app.clone(),
            channel: ChannelName::parse(channel, &Limits::default()).unwrap(),
            at: Timestamp::UNIX_EPOCH,
            place: None,
            content: ReportContent::Observed { observation, is_silent: false },
        }
    }

    /// An announcer that is stopping, its app, and its database.
    async fn stopping(is_alone: bool, folder: &Path) -> (Announcer, App, SqliteConnection) {
        let url = format!("sqlite://{}", folder.join("clairon.db").display());
        let store = clairon_registry::open(&url, 1).await.unwrap();
        let mut app = App::random();
        app.webhooks.add(Webhook::new(WebhookUrl::parse("http://127.0.0.1:9/").unwrap()));
        store.create(&app).await.unwrap();
        let apps = Arc::new(AppCache::load(store.clone(), Vec::new()).await.unwrap());
        let announcer = Announcer::new(WebhookSettings::default(), store, apps, is_alone, Box::new(|_| {}));
        announcer.stopping.cancel();
        (announcer, app, SqliteConnection::connect(&url).await.unwrap())
    }

    #[tokio::test]
    async fn a_node_that_writes_late_says_so_until_it_has_written_all() {
        let folder = tempfile::tempdir().unwrap();
        let (announcer, app, mut database) = stopping(false, folder.path()).await;
        let noted = "CREATE TABLE noted (place); CREATE TRIGGER noting AFTER INSERT ON webhook_backlogs \
                     BEGIN INSERT INTO noted VALUES (new.place); END";
        sqlx::raw_sql(noted).execute(&mut database).await.unwrap();
        for (reports, expected) in [(BATCH, vec![]), (BATCH + 1, vec![1_000_001_i64])] {
            for place in (0..reports).rev() {
                let content = ReportContent::ClientEvent("{}".into());
                // The first place, less the horizon.
                let place = Some(1_200_000 + place as u64);
                announcer.handoff.push(ChannelReport { place, content, ..vacated(&app.id, "a") }, Instant::now());
            }
            run(&announcer).await;
            let noted = sqlx::query_scalar::<_, i64>("SELECT place FROM noted").fetch_all(&mut database);
            assert_eq!(noted.await.unwrap(), expected, "{reports}");
            let rest = sqlx::query_scalar::<_, i64>("SELECT place FROM webhook_backlogs").fetch_all(&mut database);
            assert_eq!(rest.await.unwrap(), [0_i64; 0]);
        }
    }

    #[tokio::test]
    async fn a_node_that_waits_no_longer_tries_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let (announcer, app, mut database) = stopping(true, folder.path()).await;
        // Reads of the announced state fail for the one report, and writes for the other.
        announcer.aborted.cancel();
        for (table, channel) in [("webhook_sequence", "a"), ("webhook_announced", "presence-a")] {
            sqlx::raw_sql(sqlx::AssertSqlSafe(format!("DROP TABLE {table}"))).execute(&mut database).await.unwrap();
            announcer.handoff.push(vacated(&app.id, channel), Instant::now());
            tokio::time::timeout(Duration::from_secs(30), run(&announcer)).await.expect("it ends");
            assert!(announcer.is_database_away.swap(false, Relaxed), "it has tried");
        }
    }
}
