//! The process and its machine.

use std::time::Duration;

use clairon_server::{ConnectionLimits, node::Node};
use jiff::Timestamp;

use super::{Check, finding::Finding};

/// Fewer connections than this are too few for most sites.
const FEW: usize = 2_000;
/// The difference of clocks that is worth a look, in seconds.
const DRIFT: i64 = 5;

/// Above three quarters, something is filling up; above nine tenths, it is as good as full.
fn is_filling(part: usize, whole: usize) -> (bool, bool) {
    (part > whole / 4 * 3, part > whole / 10 * 9)
}

pub(super) fn open_files(node: &Node) -> Check {
    let (open, ConnectionLimits { all, .. }) = (node.tasks.len(), node.settings.connections);
    let detail = format!("{open} of {all} possible connections are open");
    let advice = "Raise the limit of open files: LimitNOFILE= in a systemd unit, ulimit -n in a shell, ulimits: in a \
                  compose file";
    let check = match is_filling(open, all) {
        (_, true) => Check::error(Finding::FilesFilling, detail, advice),
        (true, _) => Check::warning(Finding::FilesFilling, detail, advice),
        _ if all < FEW => Check::warning(Finding::FilesFew, detail, advice),
        _ => Check::ok(Finding::FilesEnough, detail),
    };
    check.with("open", open).with("limit", all)
}

/// The outboxes and the incomplete messages.
pub(super) fn memory(node: &Node) -> Check {
    let edge = &node.settings.edge;
    let totals = [
        ("edge.outbox_bytes_total", node.outboxes.held(), edge.outbox_bytes_total),
        ("edge.partial_bytes_total", node.partials.total(), edge.partial_bytes_total),
    ];
    for (setting, held, limit) in totals {
        let Some(limit) = limit.filter(|limit| is_filling(held, limit.get()).0) else { continue };
        let detail = format!("{held} of {limit} bytes of {setting} are in use");
        let advice = "Clients read too slowly, or send messages that they do not end; beyond the limit those with most \
                      are disconnected. Look for them in the log, and at the network";
        let check = match is_filling(held, limit.get()) {
            (_, true) => Check::error(Finding::MemoryFilling, detail, advice),
            _ => Check::warning(Finding::MemoryFilling, detail, advice),
        };
        return check.with("setting", setting).with("bytes", held).with("limit", limit.get());
    }
    let held: usize = totals.iter().map(|(_, held, _)| held).sum();
    Check::ok(Finding::MemoryFree, format!("They take {held} bytes")).with("bytes", held)
}

/// The wall clock against the monotonic one since the start, and against the newest statistics at the start.
pub(super) fn clock(node: &Node) -> Check {
    let advice = "Signatures of backends are valid for 600 s by this clock: run a time service, such as \
                  systemd-timesyncd or chrony, here and on the backends";
    let now = Timestamp::now();
    let uptime = Duration::from_millis(node.clock.now());
    let passed = now.as_second() - node.clock.start_time().as_second();
    let jump = passed - i64::try_from(uptime.as_secs()).unwrap_or(i64::MAX);
    if jump.abs() > DRIFT {
        let detail = format!("It was set by {jump} s since the start of the server");
        return Check::warning(Finding::ClockSet, detail, advice).with("seconds", jump);
    }
    let interval = i64::from(node.settings.statistics.interval_seconds);
    let ahead = node.last_recorded.map_or(0, |last| last.as_second() - node.clock.start_time().as_second());
    if ahead > interval + DRIFT {
        let detail = format!("The database has statistics of {ahead} s after the start of this server");
        return Check::warning(Finding::ClockBehind, detail, advice).with("seconds", ahead);
    }
    Check::ok(Finding::ClockRight, format!("It is {now} here, in UTC")).with("time", now.to_string())
}
