//! Statements that take a varying number of rows.

use std::sync::LazyLock;

use super::{CHANNEL_PAGE, PENDING_PAGE};

/// How many rows one statement takes. Drivers keep a prepared statement for each text, so there are few sizes.
const SIZES: [usize; 7] = [64, 32, 16, 8, 4, 2, 1];
/// The most bytes of bodies in one statement: databases bound the size of a request.
const BYTES: usize = 1 << 20;

/// One statement in several sizes.
pub(crate) struct Batches([String; SIZES.len()]);

/// The statement that inserts rows, or replaces those with the same key.
pub(crate) type Upsert = Batches;

impl Batches {
    /// A statement that `write` makes of a list of rows with so many columns: `($1, $2), ($3, $4)`.
    pub(crate) fn of_rows(columns: usize, write: impl Fn(&str) -> String) -> Self {
        Self(SIZES.map(|size| {
            let row = |row: usize| format!("({})", values(row * columns, columns));
            write(&(0..size).map(row).collect::<Vec<_>>().join(", "))
        }))
    }

    /// A statement that `write` makes of a list of values, `$3, $4`, which has so many other values `before`.
    pub(crate) fn of_values(before: usize, write: impl Fn(&str) -> String) -> Self {
        Self(SIZES.map(|size| write(&values(before, size))))
    }

    /// A statement that `write` makes of the branches of a CASE, `WHEN $1 THEN $2 WHEN $3 THEN $4`, and of the values
    /// that they are for, `$1, $3`.
    pub(crate) fn of_pairs(write: impl Fn(&str, &str) -> String) -> Self {
        Self(SIZES.map(|size| {
            let firsts = || (0..size).map(|pair| 2 * pair + 1);
            let branches: Vec<_> = firsts().map(|first| format!("WHEN ${first} THEN ${}", first + 1)).collect();
            let values: Vec<_> = firsts().map(|first| format!("${first}")).collect();
            write(&branches.join(" "), &values.join(", "))
        }))
    }

    /// Cuts the values of a list into the pieces that one statement takes each. The last piece is filled with
    /// repetitions of a value, because the list is a set.
    pub(crate) fn cut_set<T: Copy>(&'static self, items: &[T]) -> Vec<(&'static str, Vec<T>)> {
        let piece = |items: &[T]| {
            let size = SIZES.iter().rposition(|size| *size >= items.len())?;
            let mut filled = items.to_vec();
            filled.resize(SIZES[size], *items.last()?);
            Some((self.0[size].as_str(), filled))
        };
        items.chunks(SIZES[0]).filter_map(piece).collect()
    }

    /// Cuts rows into the pieces that one statement takes each. `bytes` says how large a row is.
    pub(crate) fn cut<'a, T>(
        &'static self,
        items: &'a [T],
        bytes: impl Fn(&T) -> usize,
    ) -> Vec<(&'static str, &'a [T])> {
        let (mut rest, mut pieces) = (items, Vec::new());
        while !rest.is_empty() {
            let fits = |size: usize| size == 1 || rest[..size].iter().map(&bytes).sum::<usize>() <= BYTES;
            let found = SIZES.into_iter().zip(&self.0).find(|(size, _)| *size <= rest.len() && fits(*size));
            let Some((size, statement)) = found else { break };
            let (piece, others) = rest.split_at(size);
            pieces.push((statement.as_str(), piece));
            rest = others;
        }
        pieces
    }
}

/// `$1, $2`, beginning after the first `before` values.
fn values(before: usize, count: usize) -> String {
    (before + 1..=before + count).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ")
}

pub(super) const SET_LAST_ID: &str = "UPDATE webhook_sequence SET last_id = $1";

pub(super) static KNOWN: LazyLock<Batches> = LazyLock::new(|| {
    Batches::of_values(1, |subjects| {
        format!(
            "SELECT subject, is_present, version, changed_at, place FROM webhook_announced \
             WHERE app_id = $1 AND subject IN ({subjects})"
        )
    })
});

/// The statement that stores what is known. `on_conflict` begins its second part, in which `new_value` is the new value
/// of a column.
pub(crate) fn upsert_announced(on_conflict: &str, new_value: fn(&str) -> String) -> Upsert {
    let changes =
        ["is_present", "version", "changed_at", "place"].map(|column| format!("{column} = {}", new_value(column)));
    let changes = changes.join(", ");
    Batches::of_rows(9, |rows| {
        format!(
            "INSERT INTO webhook_announced (app_id, subject, kind, channel, user_id, is_present, version, changed_at, \
             place) VALUES {rows} {on_conflict} {changes}"
        )
    })
}

pub(super) const ANNOUNCED: &str = "SELECT subject, channel, kind, user_id, version FROM webhook_announced \
     WHERE app_id = $1 AND subject > $2 AND is_present = 1 AND kind IN ('channel', 'member') ORDER BY subject LIMIT $3";
pub(super) const ANNOUNCED_IN_CHANNEL: &str = "SELECT subject, channel, kind, user_id, version FROM webhook_announced \
     WHERE app_id = $1 AND subject >= $2 AND subject <= $3 AND channel = $4 AND is_present = 1 \
     AND kind IN ('channel', 'member') ORDER BY subject";
pub(super) const ANNOUNCED_APPS: &str = "SELECT DISTINCT app_id FROM webhook_announced";
pub(super) const FORGET_ANNOUNCED: &str = "DELETE FROM webhook_announced WHERE app_id = $1";
pub(super) const NEWEST_VERSION: &str = "SELECT COALESCE(MAX(version), 0) FROM webhook_announced";
/// Misses stay longer than what is not so any more: the second time is earlier than the first one.
pub(super) const SWEEP_ANNOUNCED: &str = "DELETE FROM webhook_announced \
     WHERE is_present = 0 AND changed_at < $1 AND (kind <> 'miss' OR changed_at < $2)";

pub(super) static INSERT_EVENTS: LazyLock<Batches> = LazyLock::new(|| {
    Batches::of_rows(11, |rows| {
        format!(
            "INSERT INTO webhook_events (id, app_id, webhook_id, channel, body, happened_at, delivery_id, \
             delivery_events, replay_of, state, place) VALUES {rows}"
        )
    })
});

/// The columns of a pending event. Bodies that are long are read one by one.
macro_rules! pending {
    ($rest:literal) => {
        concat!(
            "SELECT id, channel, happened_at, delivery_id, delivery_events, attempts, replay_of, \
             CASE WHEN LENGTH(body) <= 4096 THEN body ELSE '' END FROM webhook_events ",
            $rest
        )
    };
}

/// A limit that is a parameter makes SQLite prepare the statement again for each value.
pub(super) static PENDING: LazyLock<String> = LazyLock::new(|| {
    let rest = "WHERE app_id = $1 AND webhook_id = $2 AND ended_at = 0 AND state = 0 AND id > $3 ORDER BY id LIMIT";
    format!("{} {rest} {PENDING_PAGE}", pending!(""))
});
pub(super) static PENDING_IN_CHANNEL: LazyLock<String> = LazyLock::new(|| {
    let rest = "WHERE app_id = $1 AND webhook_id = $2 AND ended_at = 0 AND state = 0 AND id > $3 AND channel = $4 \
                ORDER BY id LIMIT";
    format!("{} {rest} {CHANNEL_PAGE}", pending!(""))
});
pub(super) const PENDING_OF_DELIVERY: &str = pending!("WHERE delivery_id = $1 AND state = 0 ORDER BY id");
pub(super) const PENDING_BEFORE: &str = pending!(
    "WHERE app_id = $1 AND webhook_id = $2 AND ended_at = 0 AND state = 0 AND happened_at < $3 ORDER BY id LIMIT $4"
);

/// The newest of the events whose order among those of other nodes is not certain yet.
pub(super) const NEWEST_ARRIVING: &str = "SELECT COALESCE(MAX(id), 0) FROM webhook_events \
     WHERE app_id = $1 AND webhook_id = $2 AND ended_at = 0 AND state = 4";
/// Those events in their order, up to the last one by place among those with ids up to `$3`. Those with places from
/// `$4` on are left out.
pub(super) const ARRIVED: &str = "SELECT id FROM webhook_events \
     WHERE app_id = $1 AND webhook_id = $2 AND ended_at = 0 AND state = 4 AND place < $4 AND place <= \
     (SELECT COALESCE(MAX(place), -1) FROM webhook_events \
     WHERE app_id = $1 AND webhook_id = $2 AND ended_at = 0 AND state = 4 AND id <= $3) ORDER BY place, id";
/// The first place of the nodes that write late; no row if there are none.
pub(super) const FIRST_BACKLOG: &str = "SELECT place FROM webhook_backlogs WHERE ends_at > $1 ORDER BY place LIMIT 1";
pub(super) const END_BACKLOG: &str = "DELETE FROM webhook_backlogs WHERE node = $1 OR ends_at <= $2";
pub(super) const INSERT_BACKLOG: &str = "INSERT INTO webhook_backlogs (node, place, ends_at) VALUES ($1, $2, $3)";
/// Gives events the ids by which they are sent. Takes pairs of an old and a new id.
pub(super) static ARRIVE: LazyLock<Batches> = LazyLock::new(|| {
    Batches::of_pairs(|new_ids, ids| {
        format!("UPDATE webhook_events SET state = 0, id = CASE id {new_ids} END WHERE id IN ({ids})")
    })
});

pub(super) static BODIES: LazyLock<Batches> = LazyLock::new(|| {
    Batches::of_values(0, |ids| format!("SELECT id, body FROM webhook_events WHERE id IN ({ids}) AND state = 0"))
});
pub(super) static GROUP: LazyLock<Batches> = LazyLock::new(|| {
    Batches::of_values(1, |ids| {
        format!(
            "UPDATE webhook_events SET delivery_id = $1, delivery_events = 0 WHERE id IN ({ids}) AND state = 0 \
             AND delivery_events = -1"
        )
    })
});
pub(super) const GROUP_FIRST: &str = "UPDATE webhook_events SET delivery_events = $2 WHERE id = $1";

pub(super) static RETRY: LazyLock<Batches> = LazyLock::new(|| {
    Batches::of_values(0, |ids| {
        format!("UPDATE webhook_events SET attempts = attempts + 1 WHERE id IN ({ids}) AND state = 0")
    })
});
pub(super) static DELIVERED: LazyLock<Batches> = LazyLock::new(|| {
    Batches::of_values(1, |ids| {
        format!(
            "UPDATE webhook_events SET attempts = attempts + 1, state = 1, ended_at = $1 \
             WHERE id IN ({ids}) AND state = 0"
        )
    })
});
/// An event that was given up may be delivered after all: its answer was on the way.
pub(super) static DELIVERED_AFTER_ALL: LazyLock<Batches> = LazyLock::new(|| {
    Batches::of_values(1, |ids| {
        format!(
            "UPDATE webhook_events SET attempts = attempts + 1, state = 1, ended_at = $1 \
             WHERE id IN ({ids}) AND state = 2"
        )
    })
});
pub(super) static GIVEN_UP: LazyLock<Batches> = LazyLock::new(|| {
    Batches::of_values(1, |ids| {
        format!(
            "UPDATE webhook_events SET attempts = attempts + 1, state = 2, ended_at = $1 \
             WHERE id IN ({ids}) AND state = 0"
        )
    })
});
pub(super) static GIVE_UP: LazyLock<Batches> = LazyLock::new(|| {
    Batches::of_values(1, |ids| format!("UPDATE webhook_events SET state = 2, ended_at = $1 WHERE id IN ({ids})"))
});
pub(super) static GIVE_UP_UNDECIDED: LazyLock<Batches> = LazyLock::new(|| {
    Batches::of_values(1, |ids| {
        format!("UPDATE webhook_events SET state = 2, ended_at = $1, delivery_events = 1 WHERE id IN ({ids})")
    })
});
pub(super) static WRITTEN: LazyLock<Batches> = LazyLock::new(|| {
    Batches::of_values(0, |deliveries| {
        format!("SELECT delivery_id FROM webhook_events WHERE delivery_id IN ({deliveries})")
    })
});

pub(super) static INSERT_ATTEMPTS: LazyLock<Batches> = LazyLock::new(|| {
    Batches::of_rows(12, |rows| {
        format!(
            "INSERT INTO webhook_attempts (id, app_id, webhook_id, delivery_id, replay_of, node, at, latency, status, \
             problem, outcome, next_at) VALUES {rows}"
        )
    })
});

/// The columns of an attempt. Takes an app, an endpoint, whether only failures are wanted, and a time.
macro_rules! log {
    ($rest:literal) => {
        concat!(
            "SELECT id, app_id, webhook_id, delivery_id, replay_of, node, at, latency, status, problem, outcome, \
             next_at FROM webhook_attempts WHERE ($1 = '' OR app_id = $1) AND ($2 = '' OR webhook_id = $2) \
             AND outcome <> $3 AND at >= $4 AND id > $5 AND id < $6 ORDER BY id ",
            $rest
        )
    };
}

pub(super) const LOG_FORWARD: &str = log!("LIMIT $7");
pub(super) const LOG_BACKWARD: &str = log!("DESC LIMIT $7");
pub(super) static LOG_EVENTS: LazyLock<Batches> = LazyLock::new(|| {
    Batches::of_values(0, |deliveries| {
        format!(
            "SELECT delivery_id, body, happened_at FROM webhook_events WHERE delivery_id IN ({deliveries}) ORDER BY id"
        )
    })
});

/// Finds first events of deliveries that have ended. Takes a cursor, a limit, an app and an endpoint.
macro_rules! ended {
    ($rest:literal) => {
        concat!(
            "SELECT id, delivery_id, app_id, webhook_id FROM webhook_events WHERE delivery_events > 0 AND id > $1 \
             AND ($3 = '' OR app_id = $3) AND ($4 = '' OR webhook_id = $4) AND ",
            $rest,
            " ORDER BY id LIMIT $2"
        )
    };
}

pub(super) const ENDED_BY_NAME: &str = ended!("state IN (1, 2, 3) AND delivery_id = $5");
pub(super) const ENDED_GIVEN_UP: &str = ended!("state = 2");
pub(super) const ENDED_SINCE: &str = ended!("state IN (1, 2, 3) AND replay_of = '' AND happened_at >= $5");
pub(super) const EVENTS_OF_DELIVERY: &str =
    "SELECT channel, body FROM webhook_events WHERE delivery_id = $1 AND state IN (1, 2, 3) ORDER BY id";
pub(super) const NOTE_REPLAYED: &str = "UPDATE webhook_events SET state = 3 WHERE delivery_id = $1 AND state = 2";

pub(super) const ADD_PENDING: &str =
    "UPDATE webhook_leases SET pending = pending + $3 WHERE app_id = $1 AND webhook_id = $2";
/// The same where an update can return a value.
pub(super) const ADD_PENDING_RETURNING: &str =
    "UPDATE webhook_leases SET pending = pending + $3 WHERE app_id = $1 AND webhook_id = $2 RETURNING pending";
pub(super) const INSERT_LEASE: &str =
    "INSERT INTO webhook_leases (app_id, webhook_id, pending, node, leased_until) VALUES ($1, $2, $3, '', 0)";
pub(super) const PENDING_OF: &str = "SELECT pending FROM webhook_leases WHERE app_id = $1 AND webhook_id = $2";
pub(super) const UNLEASED: &str =
    "SELECT app_id, webhook_id FROM webhook_leases WHERE leased_until <= $1 AND pending > 0";
pub(super) const TAKE_LEASE: &str = "UPDATE webhook_leases SET node = $3, leased_until = $5 \
     WHERE app_id = $1 AND webhook_id = $2 AND leased_until <= $4";
pub(super) const RENEW_LEASES: &str =
    "UPDATE webhook_leases SET leased_until = $3 WHERE node = $1 AND leased_until > $2";
pub(super) const LEASES: &str =
    "SELECT app_id, webhook_id, pending FROM webhook_leases WHERE node = $1 AND leased_until > $2";
pub(super) const LEASE_HOLDERS: &str =
    "SELECT DISTINCT node FROM webhook_leases WHERE node <> '' AND leased_until > $1";
pub(super) const END_LEASES: &str = "UPDATE webhook_leases SET node = '', leased_until = 0 WHERE node = $1";
pub(super) const RELEASE_LEASE: &str = "UPDATE webhook_leases SET node = '', leased_until = 0 \
     WHERE app_id = $1 AND webhook_id = $2 AND node = $3";

/// The ids of rows, the times of their ends (0: they are kept), and the times since which they exist. Both times
/// roughly grow with the ids.
pub(super) const EVENTS_BY_AGE: &str =
    "SELECT id, ended_at, happened_at FROM webhook_events WHERE id > $1 ORDER BY id LIMIT $2";
pub(super) const ATTEMPTS_BY_AGE: &str = "SELECT id, at, at FROM webhook_attempts WHERE id > $1 ORDER BY id LIMIT $2";
/// The endpoints with more attempts than a number, and how many each has.
pub(super) const ATTEMPTS_OVER: &str =
    "SELECT app_id, webhook_id, COUNT(*) FROM webhook_attempts GROUP BY app_id, webhook_id HAVING COUNT(*) > $1";
/// The oldest attempts of an endpoint.
pub(super) const OLDEST_ATTEMPTS: &str =
    "SELECT id FROM webhook_attempts WHERE app_id = $1 AND webhook_id = $2 ORDER BY id LIMIT $3";
pub(super) static DELETE_EVENTS: LazyLock<Batches> =
    LazyLock::new(|| Batches::of_values(0, |ids| format!("DELETE FROM webhook_events WHERE id IN ({ids})")));
pub(super) static DELETE_ATTEMPTS: LazyLock<Batches> =
    LazyLock::new(|| Batches::of_values(0, |ids| format!("DELETE FROM webhook_attempts WHERE id IN ({ids})")));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_have_few_sizes_and_bounded_bytes() {
        static BATCHES: LazyLock<Batches> = LazyLock::new(|| Batches::of_rows(2, str::to_owned));
        assert_eq!(BATCHES.0[4], "($1, $2), ($3, $4), ($5, $6), ($7, $8)");
        assert_eq!(Batches::of_values(2, str::to_owned).0[4], "$3, $4, $5, $6");
        let sizes = |count: usize, bytes: usize| {
            let items = vec![bytes; count];
            BATCHES.cut(&items, |bytes| *bytes).iter().map(|(_, piece)| piece.len()).collect::<Vec<_>>()
        };
        assert_eq!(sizes(0, 0), [0; 0]);
        assert_eq!(sizes(86, 1), [64, 16, 4, 2]);
        assert_eq!(sizes(6, BYTES / 4), [4, 2]);
        assert_eq!(sizes(2, 2 * BYTES), [1, 1]);
    }

    #[test]
    fn sets_are_filled_with_repetitions() {
        static BATCHES: LazyLock<Batches> = LazyLock::new(|| Batches::of_values(0, str::to_owned));
        let cut = |count: usize| BATCHES.cut_set(&(0..count).collect::<Vec<_>>());
        assert_eq!(cut(0), []);
        assert_eq!(cut(1), [("$1", vec![0])]);
        assert_eq!(cut(3), [("$1, $2, $3, $4", vec![0, 1, 2, 2])]);
        let [(first, all), (second, rest)] = &cut(70)[..] else { panic!("{:?}", cut(70)) };
        assert_eq!((all.len(), &rest[..]), (64, &[64, 65, 66, 67, 68, 69, 69, 69][..]));
        assert!(first.ends_with("$64") && second.ends_with("$8"));
    }
}
