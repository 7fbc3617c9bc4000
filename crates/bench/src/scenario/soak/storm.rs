//! Waves of members that join and leave a presence channel, with watchers that check every change.

use std::{collections::HashMap, time::Duration};

use super::roster::{Roster, Users, text};
use crate::{
    BenchError,
    clock::{Nanos, nanos},
    net::{Entry, PRESENCE_CHANNEL, Subscription, What, query},
    scenario::stage::Stage,
    target::Target,
};

/// The number of connections of each user. Other members are notified only of the first join and the last leave.
const CONNECTIONS_PER_USER: usize = 2;

const REST: Duration = Duration::from_secs(3);

/// The time for a wave to reach all watchers.
const PATIENCE: Duration = Duration::from_secs(20);

/// The wait before the HTTP API is queried again after a wrong answer.
const RETRY: Duration = Duration::from_millis(200);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Resting,
    Coming,
    Leaving,
}

#[derive(Debug)]
pub(super) struct Storm {
    watchers: usize,
    users: usize,
    phase: Phase,
    /// The start of the phase.
    since: Nanos,
    next_question: Nanos,
    /// The members that each watcher knows.
    rosters: HashMap<usize, Roster>,
    /// The connections of the other users.
    members: Vec<usize>,
    gone: usize,
    pub(super) waves: u64,
    /// The number of waves after which a watcher or the HTTP API had wrong members.
    pub(super) wrong_rosters: u64,
}

impl Storm {
    /// The lowest user numbers are the watchers'.
    pub(super) fn new(watchers: usize, users: usize) -> Self {
        Self {
            watchers,
            users,
            phase: Phase::Resting,
            since: 0,
            next_question: 0,
            rosters: HashMap::new(),
            members: Vec::new(),
            gone: 0,
            waves: 0,
            wrong_rosters: 0,
        }
    }

    pub(super) fn hear(&mut self, entry: &Entry, user: usize) {
        match &entry.what {
            What::Joined(message) | What::Notice(message) if user < self.watchers => {
                self.rosters.entry(entry.connection).or_default().take(message);
            }
            What::Joined(_) => self.members.push(entry.connection),
            What::Left | What::Lost(_) if user >= self.watchers => self.gone += 1,
            _ => {}
        }
    }

    pub(super) fn is_resting(&self) -> bool {
        self.phase == Phase::Resting
    }

    /// Continues a wave, or starts the next one after a rest if not `is_over`.
    pub(super) fn tick(&mut self, stage: &mut Stage<'_>, now: Nanos, is_over: bool) -> Result<(), BenchError> {
        let connections = CONNECTIONS_PER_USER * self.users;
        let phase = self.phase;
        match phase {
            Phase::Resting if !is_over && now - self.since >= nanos(REST) => {
                for index in 0..connections {
                    let user = self.watchers + index % self.users;
                    stage.engine.swarm.open(Subscription::Presence { user }, None)?;
                }
                self.enter(Phase::Coming, now);
            }
            Phase::Coming if self.is_seen(stage, self.members.len() == connections, self.users, now)? => {
                for connection in self.members.drain(..) {
                    stage.engine.swarm.leave(connection)?;
                }
                self.enter(Phase::Leaving, now);
            }
            Phase::Leaving if self.is_seen(stage, self.gone == connections, 0, now)? => {
                self.gone = 0;
                self.waves += 1;
                self.enter(Phase::Resting, now);
            }
            _ => {}
        }
        Ok(())
    }

    fn enter(&mut self, phase: Phase, now: Nanos) {
        self.phase = phase;
        self.since = now;
        self.next_question = now;
    }

    /// True if the watchers and the HTTP API know exactly the watchers and `users` other users. If the time is over,
    /// this is counted as a fault, and the wave continues.
    fn is_seen(
        &mut self,
        stage: &mut Stage<'_>,
        is_through: bool,
        users: usize,
        now: Nanos,
    ) -> Result<bool, BenchError> {
        let is_late = now - self.since > nanos(PATIENCE);
        if !is_through {
            let (what, wanted) = ("members came or left", CONNECTIONS_PER_USER * self.users);
            let done = self.members.len() + self.gone;
            return if is_late { Err(BenchError::Stuck { what, done, wanted, patience: PATIENCE }) } else { Ok(false) };
        }
        let truth: Users = (0..self.watchers + users).map(|user| user.to_string()).collect();
        let is_known = self.rosters.values().all(|roster| roster.users == truth);
        if now < self.next_question || !(is_known || is_late) {
            return Ok(false);
        }
        self.next_question = now + nanos(RETRY);
        let asked = members(stage.target)?;
        let is_right = is_known && asked.iter().eq(&truth);
        let repeated: u64 = self.rosters.values_mut().map(|roster| std::mem::take(&mut roster.faults)).sum();
        if repeated > 0 || (!is_right && is_late) {
            self.wrong_rosters += 1;
            let known: Vec<usize> = self.rosters.values().map(|roster| roster.users.len()).collect();
            stage.measurement.fault(format!(
                "wave {}: {} users are there; the watchers know {known:?}, the HTTP API {}; {repeated} came or left twice",
                self.waves + 1,
                truth.len(),
                asked.len(),
            ));
        }
        Ok(is_right || is_late)
    }
}

/// The members in the answer of the HTTP API, sorted. Duplicates are kept.
fn members(target: &Target) -> Result<Vec<String>, BenchError> {
    let answer = query(target, &format!("channels/{PRESENCE_CHANNEL}/users"), "")?;
    let users = answer["users"].as_array().ok_or(BenchError::Protocol("a list of users without users"))?;
    let mut ids: Vec<String> = users.iter().filter_map(|user| text(&user["id"])).collect();
    ids.sort_unstable();
    Ok(ids)
}
