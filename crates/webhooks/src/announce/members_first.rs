//! The order of `member_removed` and `channel_vacated`: a channel's members leave before it is vacated.

use std::collections::HashMap;

use clairon_protocol::{AppId, ChannelKind, ChannelName};
use clairon_registry::{Announced, Observation, Subject};

use super::report::{ChannelReport, ReportContent};

/// The announced state of channels.
pub(super) type KnownChannels = HashMap<(AppId, ChannelName), Vec<Announced>>;

/// True if the report is that a presence channel is vacated.
pub(super) fn is_vacated(report: &ChannelReport) -> bool {
    let ReportContent::Observed { observation, .. } = &report.content else { return false };
    observation.subject == Subject::Channel && !observation.is_present && report.channel.kind() == ChannelKind::Presence
}

/// Inserts the absence of each announced member before the vacation of its presence channel. Such a channel has no
/// members any more, but the absence of a member may still linger on the node that observed it. `known` is the
/// announced state of all these channels before the batch.
pub(super) fn members_first(batch: Vec<ChannelReport>, known: KnownChannels) -> Vec<ChannelReport> {
    let mut states: HashMap<_, HashMap<Subject, Option<(bool, u64)>>> = known
        .into_iter()
        .map(|(place, known)| {
            let state = known.into_iter().map(|announced| (announced.subject, Some((true, announced.version))));
            (place, state.collect())
        })
        .collect();
    let mut all = Vec::with_capacity(batch.len());
    for report in batch {
        let state = states.get_mut(&(report.app.clone(), report.channel.clone()));
        if let (Some(state), ReportContent::Observed { observation, .. }) = (state, &report.content) {
            let is_news = observation.learn(state.entry(observation.subject.clone()).or_default());
            if is_news && is_vacated(&report) {
                all.extend(absent_members(&report, observation.version, state));
            }
        }
        all.push(report);
    }
    all
}

/// The absences of the members that were present before a version.
fn absent_members(
    vacated: &ChannelReport,
    version: u64,
    state: &mut HashMap<Subject, Option<(bool, u64)>>,
) -> Vec<ChannelReport> {
    let mut members = Vec::new();
    for (subject, known) in state.iter_mut().filter(|(subject, _)| **subject != Subject::Channel) {
        let observation = Observation { subject: subject.clone(), is_present: false, version };
        if known.is_some_and(|(is_present, _)| is_present) && observation.learn(known) {
            let content = ReportContent::Observed { observation, is_silent: false };
            members.push(ChannelReport { content, ..vacated.clone() });
        }
    }
    members
}
