//! The differences between the announced state and the actual state of an app's channels.

use std::collections::{HashMap, HashSet};

use clairon_protocol::{ChannelName, UserId};
use clairon_registry::{Announced, Observation, Subject};

/// The actual state: the occupied channels of an app, read at one moment.
#[derive(Clone, Debug, Default)]
pub struct ActualState {
    /// The version of the absence of every channel that is not listed. It is greater than the versions of all
    /// observations made before the state was read.
    pub version: u64,
    /// The channels.
    pub channels: Vec<Occupied>,
}

/// An occupied channel.
#[derive(Clone, Debug)]
pub struct Occupied {
    /// Its name.
    pub name: ChannelName,
    /// The version of its last change before it was read. It may have changed since.
    pub version: u64,
    /// Its members. Empty if it is not a presence channel.
    pub members: Vec<UserId>,
}

/// The observations that turn the announced state `known` into the actual state `actual`. `known` was read first. The
/// observations of one channel are in an order in which they could have happened.
#[must_use]
pub fn differences(known: &[Announced], actual: &ActualState) -> Vec<(ChannelName, Observation)> {
    let mut by_channel: HashMap<&ChannelName, Vec<&Announced>> = HashMap::new();
    for announced in known {
        by_channel.entry(&announced.channel).or_default().push(announced);
    }
    let mut differences = Vec::new();
    for occupied in &actual.channels {
        let known = by_channel.remove(&occupied.name).unwrap_or_default();
        differences.extend(in_channel(occupied, &known));
    }
    for (channel, known) in by_channel {
        // A newer observation, made after `known` was read, stands. The members leave before the channel is vacated.
        let known = known.into_iter().filter(|announced| announced.version < actual.version);
        let (channels, members): (Vec<_>, Vec<_>) = known.partition(|announced| announced.subject == Subject::Channel);
        differences.extend(members.into_iter().chain(channels).map(|announced| {
            let version = actual.version;
            (channel.clone(), Observation { subject: announced.subject.clone(), is_present: false, version })
        }));
    }
    differences
}

fn in_channel(occupied: &Occupied, known: &[&Announced]) -> Vec<(ChannelName, Observation)> {
    let Occupied { name, version, members } = occupied;
    let members: HashSet<&UserId> = members.iter().collect();
    let known: HashMap<&Subject, u64> = known.iter().map(|announced| (&announced.subject, announced.version)).collect();
    let present = std::iter::once(Subject::Channel).chain(members.iter().map(|user| Subject::Member((*user).clone())));
    let new = present.filter(|subject| !known.contains_key(subject)).map(|subject| (subject, true));
    // A newer observation, made after `known` was read, stands.
    let is_gone = |(subject, known): &(&&Subject, &u64)| match subject {
        Subject::Member(user) => !members.contains(user) && *known < version,
        _ => false,
    };
    let gone = known.iter().filter(is_gone).map(|(subject, _)| ((*subject).clone(), false));
    let observation = |(subject, is_present)| (name.clone(), Observation { subject, is_present, version: *version });
    new.chain(gone).map(observation).collect()
}

#[cfg(test)]
mod tests {
    use clairon_protocol::Limits;

    use super::*;

    fn channel(name: &str) -> ChannelName {
        ChannelName::parse(name, &Limits::default()).unwrap()
    }

    fn known(name: &str, user: Option<&str>, version: u64) -> Announced {
        let subject = user.map_or(Subject::Channel, |user| Subject::Member(UserId::from(user)));
        Announced { cursor: String::new(), channel: channel(name), subject, version }
    }

    #[test]
    fn what_differs_is_observed() {
        let known = [
            known("presence-gone", None, 1),
            known("presence-gone", Some("ada"), 49),
            known("presence-gone", Some("is back"), 50),
            known("presence-a", None, 3),
            known("presence-a", Some("stays"), 4),
            known("presence-a", Some("left"), 4),
            known("presence-a", Some("has just come"), 7),
        ];
        let members = vec!["stays".into(), "new".into()];
        let occupied = |name, version, members| Occupied { name: channel(name), version, members };
        let channels = vec![occupied("presence-a", 7, members), occupied("b", 5, Vec::new())];
        let found = differences(&known, &ActualState { version: 50, channels });
        let found: Vec<_> = found
            .iter()
            .map(|(channel, Observation { subject, is_present, version })| {
                let user = match subject {
                    Subject::Member(user) => user.as_str(),
                    _ => "",
                };
                (channel.as_str(), user, *is_present, *version)
            })
            .collect();
        let expected = [
            ("presence-a", "new", true, 7),
            ("presence-a", "left", false, 7),
            ("b", "", true, 5),
            ("presence-gone", "ada", false, 50),
            ("presence-gone", "", false, 50),
        ];
        assert_eq!(found, expected);
    }
}
