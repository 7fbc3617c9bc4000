//! Whether the events that one process records follow each other without events of others in between.

use parking_lot::Mutex;

/// The writes of this process to the tables of webhooks, by the ids that they assign. Ids grow over all processes, so
/// a write that begins with the id with which the previous one has ended has nothing in between.
#[derive(Debug, Default)]
pub(crate) struct OwnWrites(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// The last id of the latest write.
    last_id: i64,
    /// True if events may have been added since the last record, by another process or for another reason.
    has_gap: bool,
}

/// The events that a write has made pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Added {
    /// None.
    Nothing,
    /// Those of a record.
    Recorded,
    /// Others: replays, and events that have got their order.
    Others,
}

impl OwnWrites {
    /// Notes a committed write, which found `first_id` and left `last_id`. True if the events of this record directly
    /// follow those of the previous one. It may be false by mistake, if two writes are noted in another order than that
    /// of their commits.
    pub(super) fn note(&self, first_id: i64, last_id: i64, added: Added) -> bool {
        let mut state = self.0.lock();
        let has_gap = state.has_gap || state.last_id != first_id;
        state.last_id = last_id;
        state.has_gap = added == Added::Others || (has_gap && added == Added::Nothing);
        !has_gap
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_follow_each_other_unless_others_have_written() {
        let writes = OwnWrites::default();
        let rows = [
            (10, 12, Added::Recorded, false, "before the first one others may have written"),
            (12, 14, Added::Recorded, true, "nothing is in between"),
            (14, 15, Added::Nothing, true, "an outcome"),
            (15, 16, Added::Recorded, true, "an outcome makes no event pending"),
            (16, 17, Added::Others, true, "a replay"),
            (17, 18, Added::Nothing, false, "an outcome after it"),
            (18, 19, Added::Recorded, false, "a replay was in between"),
            (19, 20, Added::Recorded, true, "it has been seen"),
            (30, 31, Added::Nothing, false, "another process has written"),
            (31, 32, Added::Recorded, false, "the same"),
            (32, 33, Added::Recorded, true, "it has been seen"),
        ];
        for (first, last, added, follows, why) in rows {
            assert_eq!(writes.note(first, last, added), follows, "{why}");
        }
    }
}
