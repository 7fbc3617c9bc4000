//! The order of `member_removed` and `channel_vacated`: a channel's members leave before it is vacated.

use std::collections::HashMap;

use clairon_protocol::{AppId, ChannelKind, ChannelName};
use clairon_registry::{Announced, Observation, Subject};

use super::happening::{Happening, What};

/// The announced state of channels.
pub(super) type KnownChannels = HashMap<(AppId, ChannelName), Vec<Announced>>;

/// True if the happening is that a presence channel is vacated.
pub(super) fn is_vacated(happening: &Happening) -> bool {
    let What::Observed { observation, .. } = &happening.what else { return false };
    observation.subject == Subject::Channel
        && !observation.is_present
        && happening.channel.kind() == ChannelKind::Presence
}

/// Inserts the absence of each announced member before the vacation of its presence channel. Such a channel has no
/// members any more, but the absence of a member may still linger on the node that observed it. `known` is the
/// announced state of all these channels before the batch.
pub(super) fn members_first(batch: Vec<Happening>, known: KnownChannels) -> Vec<Happening> {
    let mut states: HashMap<_, HashMap<Subject, Option<(bool, u64)>>> = known
        .into_iter()
        .map(|(place, known)| {
            let state = known.into_iter().map(|announced| (announced.subject, Some((true, announced.version))));
            (place, state.collect())
        })
        .collect();
    let mut all = Vec::with_capacity(batch.len());
    for happening in batch {
        let state = states.get_mut(&(happening.app.clone(), happening.channel.clone()));
        if let (Some(state), What::Observed { observation, .. }) = (state, &happening.what) {
            let is_news = observation.learn(state.entry(observation.subject.clone()).or_default());
            if is_news && is_vacated(&happening) {
                all.extend(absent_members(&happening, observation.version, state));
            }
        }
        all.push(happening);
    }
    all
}

/// The absences of the members that were present before a version.
fn absent_members(
    vacated: &Happening,
    version: u64,
    state: &mut HashMap<Subject, Option<(bool, u64)>>,
) -> Vec<Happening> {
    let mut members = Vec::new();
    for (subject, known) in state.iter_mut().filter(|(subject, _)| **subject != Subject::Channel) {
        let observation = Observation { subject: subject.clone(), is_present: false, version };
        if known.is_some_and(|(is_present, _)| is_present) && observation.learn(known) {
            let what = What::Observed { observation, is_silent: false };
            members.push(Happening { what, ..vacated.clone() });
        }
    }
    members
}
