//! A channel is occupied before its members join.

use std::collections::HashSet;

use clairon_protocol::{AppId, ChannelName};
use clairon_registry::{Observation, Subject};

use super::report::{ChannelReport, ReportContent};

/// Inserts the observation that a channel is occupied before its first member in a batch. With several nodes, another
/// node may have observed the first subscriber and write that later; it is no news then. `wants` says whether an app
/// tracks channels. The inserted one takes the first place after what happened in the channel before.
pub(super) fn occupied_first(batch: Vec<ChannelReport>, wants: impl Fn(&AppId) -> bool) -> Vec<ChannelReport> {
    let mut occupied = HashSet::<(AppId, ChannelName)>::new();
    let mut all = Vec::with_capacity(batch.len());
    for report in batch {
        if let ReportContent::Observed { observation, is_silent: false } = &report.content {
            let place = || (report.app.clone(), report.channel.clone());
            match (&observation.subject, observation.is_present) {
                (Subject::Member(_), true) if wants(&report.app) && occupied.insert(place()) => {
                    let observation = Observation { subject: Subject::Channel, ..observation.clone() };
                    let content = ReportContent::Observed { observation, is_silent: false };
                    // The channel was occupied at an unknown time before.
                    let place = report.place.and(Some(0));
                    all.push(ChannelReport { place, content, ..report.clone() });
                }
                (Subject::Channel, true) => {
                    occupied.insert(place());
                }
                (Subject::Channel, false) => {
                    occupied.remove(&place());
                }
                _ => {}
            }
        }
        all.push(report);
    }
    all
}

#[cfg(test)]
mod tests {
    use clairon_protocol::{Limits, UserId};
    use jiff::Timestamp;

    use super::*;

    fn observed(user: &str, is_present: bool, version: u64) -> ChannelReport {
        let subject = if user.is_empty() { Subject::Channel } else { Subject::Member(UserId::from(user)) };
        ChannelReport {
            app: AppId::parse("1").unwrap(),
            channel: ChannelName::parse("presence-a", &Limits::default()).unwrap(),
            at: Timestamp::UNIX_EPOCH,
            place: Some(version),
            content: ReportContent::Observed {
                observation: Observation { subject, is_present, version },
                is_silent: false,
            },
        }
    }

    fn texts(batch: &[ChannelReport]) -> Vec<String> {
        let text = |report: &ChannelReport| match &report.content {
            ReportContent::Observed { observation: Observation { subject, is_present, version }, .. } => {
                let user = if let Subject::Member(user) = subject { user.as_str() } else { "channel" };
                let place = report.place.unwrap_or_default();
                format!("{}{user} {version} at {place}", if *is_present { "+" } else { "-" })
            }
            _ => String::new(),
        };
        batch.iter().map(text).collect()
    }

    #[test]
    fn the_channel_comes_before_its_first_member() {
        let batch = vec![
            observed("ada", true, 4),
            observed("bob", true, 5),
            observed("", false, 7),
            observed("cem", true, 9),
            observed("cem", false, 10),
        ];
        let expected = [
            "+channel 4 at 0",
            "+ada 4 at 4",
            "+bob 5 at 5",
            "-channel 7 at 7",
            "+channel 9 at 0",
            "+cem 9 at 9",
            "-cem 10 at 10",
        ];
        assert_eq!(texts(&occupied_first(batch.clone(), |_| true)), expected);
        assert_eq!(occupied_first(batch, |_| false).len(), 5);
        let known = vec![observed("", true, 3), observed("ada", true, 4)];
        assert_eq!(occupied_first(known, |_| true).len(), 2);
    }
}
