//! What endpoints know of the subjects of some entries: the announced state.

use std::collections::{BTreeMap, HashMap};

use super::{
    entry::{Entry, Observation, Subject, digest},
    ordered::OrderedWrite,
    rows::{self, count, number},
    statements,
};
use crate::{engine::SqlValue, error::RegistryError};

/// The announced state of the subjects of some entries, as it changes from one entry to the next.
pub(super) struct Knowledge {
    known: Vec<Known>,
    /// The positions in `known`, for each entry.
    entries: Vec<Positions>,
}

/// A row of `webhook_announced`.
struct Known {
    app: String,
    subject: String,
    kind: &'static str,
    channel: String,
    user: String,
    /// What is so, at which version; `None`: nothing is known.
    state: Option<(bool, u64)>,
    changed_at: i64,
    /// The place of the last event about it; 0 if it has none.
    place: i64,
    has_changed: bool,
}

#[derive(Clone, Copy)]
struct Positions {
    /// The subject of the observation.
    subject: Option<usize>,
    /// The channel itself, if the entry has a place among those of other nodes.
    channel: Option<usize>,
}

/// The subjects of some entries, each once.
#[derive(Default)]
struct Subjects<'a> {
    known: Vec<Known>,
    /// The positions in `known`, by the app and the column `subject`.
    by_digest: HashMap<(&'a str, String), usize>,
    /// The digests of the channels.
    channels: HashMap<&'a str, String>,
}

impl<'a> Subjects<'a> {
    /// The position of a subject of the entry's channel.
    fn add(&mut self, entry: &'a Entry, subject: &Subject) -> usize {
        let Self { known, by_digest, channels } = self;
        let channel = channels.entry(entry.channel.as_str()).or_insert_with_key(|channel| digest(&[channel]));
        *by_digest.entry((entry.app.as_str(), subject.column(channel))).or_insert_with_key(|(_, digest)| {
            known.push(Known::nothing(entry, subject, digest));
            known.len() - 1
        })
    }
}

impl Knowledge {
    /// Reads the state of the subjects of all entries.
    pub(super) async fn read(write: &mut OrderedWrite, entries: &[Entry]) -> Result<Self, RegistryError> {
        let mut collected = Subjects::default();
        let mut positions = Vec::with_capacity(entries.len());
        for entry in entries {
            let subject = entry.observation.as_ref().map(|observation| collected.add(entry, &observation.subject));
            let channel = entry.place.map(|_| collected.add(entry, &Subject::Channel));
            positions.push(Positions { subject, channel });
        }
        let Subjects { mut known, by_digest, .. } = collected;
        let mut subjects = BTreeMap::<&str, Vec<&str>>::new();
        for (app, digest) in by_digest.keys() {
            subjects.entry(app).or_default().push(digest);
        }
        for (app, subjects) in subjects {
            for (statement, subjects) in statements::KNOWN.cut_set(&subjects) {
                let values: Vec<_> = std::iter::once(&app).chain(&subjects).map(|text| SqlValue::Text(text)).collect();
                for row in write.run(statement, &values).await? {
                    let Some(position) = by_digest.get(&(app, row.text_at(0)?)) else { continue };
                    let known = &mut known[*position];
                    known.state = Some((row.number_at(1)? != 0, rows::unsigned(row.number_at(2)?)));
                    known.changed_at = row.number_at(3)?;
                    known.place = row.number_at(4)?;
                }
            }
        }
        Ok(Self { known, entries: positions })
    }

    /// Takes the observation of an entry in. True if it is news.
    pub(super) fn learn(&mut self, entry: usize, observation: &Observation, now: i64) -> bool {
        let Some(subject) = self.entries[entry].subject else { return false };
        let known = &mut self.known[subject];
        let before = known.state;
        let is_news = observation.learn(&mut known.state);
        if is_news || before.is_none() {
            known.changed_at = now;
        }
        known.has_changed |= known.state != before;
        is_news
    }

    /// The place of the event of an entry: the wanted one, or a later one. The events about one subject are in the
    /// order in which they are written, and none precedes the last event about the channel itself.
    pub(super) fn place(&mut self, entry: usize, wanted: u64) -> i64 {
        let Positions { subject, channel } = self.entries[entry];
        let wanted = i64::try_from(wanted).unwrap_or(i64::MAX);
        let of_channel = channel.map_or(0, |channel| self.known[channel].place);
        let next = subject.map_or(0, |subject| self.known[subject].place.saturating_add(1));
        let place = wanted.max(of_channel).max(next);
        if let Some(subject) = subject {
            self.known[subject].place = place;
        }
        place
    }

    /// Stores what has changed.
    pub(super) async fn store(self, write: &mut OrderedWrite) -> Result<(), RegistryError> {
        let mut changed: Vec<_> = self.known.into_iter().filter(|known| known.has_changed).collect();
        // In the order of the key, which is the order of the rows.
        changed.sort_unstable_by(|one, other| (&one.app, &one.subject).cmp(&(&other.app, &other.subject)));
        for (statement, rows) in write.dialect().upsert_announced.cut(&changed, |_| 0) {
            let values: Vec<_> = rows.iter().flat_map(Known::values).collect();
            write.execute(statement, &values).await?;
        }
        Ok(())
    }
}

impl Known {
    fn nothing(entry: &Entry, subject: &Subject, digest: &str) -> Self {
        Self {
            app: entry.app.as_str().to_owned(),
            subject: digest.to_owned(),
            kind: subject.kind(),
            channel: entry.channel.as_str().to_owned(),
            user: subject.user_column(),
            state: None,
            changed_at: 0,
            place: 0,
            has_changed: false,
        }
    }

    fn values(&self) -> [SqlValue<'_>; 9] {
        let (is_present, version) = self.state.unwrap_or_default();
        [
            SqlValue::Text(&self.app),
            SqlValue::Text(&self.subject),
            SqlValue::Text(self.kind),
            SqlValue::Text(&self.channel),
            SqlValue::Text(&self.user),
            number(is_present.into()),
            count(version),
            number(self.changed_at),
            number(self.place),
        ]
    }
}
