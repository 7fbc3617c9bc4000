//! The choice between the credentials of the drivers `pusher` and `reverb`.

use std::fmt::{self, Display, Formatter};

use crate::environment::Environment;

/// The variable that selects the driver: in Laravel 11 and newer, and in older versions.
const SELECTORS: [&str; 2] = ["BROADCAST_CONNECTION", "BROADCAST_DRIVER"];

/// The variables with an app's id, key and secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialSet {
    /// The variables of the driver `pusher`.
    Pusher,
    /// The variables of the driver `reverb`.
    Reverb,
}

/// The set of variables that counts, and the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialChoice {
    /// The set that counts.
    pub set: CredentialSet,
    reason: Reason,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    /// No variable of the other set is set.
    Only,
    /// This variable selects the driver.
    Selected(&'static str),
    /// The other set lacks this variable.
    Complete(&'static str),
    /// Both sets are complete, or neither is.
    First,
}

impl CredentialSet {
    /// The prefix of the driver's variables: `PUSHER` or `REVERB`.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Pusher => "PUSHER",
            Self::Reverb => "REVERB",
        }
    }

    /// The variables with id, key and secret.
    #[must_use]
    pub fn variables(self) -> [&'static str; 3] {
        match self {
            Self::Pusher => ["PUSHER_APP_ID", "PUSHER_APP_KEY", "PUSHER_APP_SECRET"],
            Self::Reverb => ["REVERB_APP_ID", "REVERB_APP_KEY", "REVERB_APP_SECRET"],
        }
    }

    /// The variables of the set that are missing or empty.
    #[must_use]
    pub fn missing(self, environment: &Environment) -> Vec<&'static str> {
        self.variables().into_iter().filter(|name| environment.env_text(name).is_none()).collect()
    }

    fn other(self) -> Self {
        match self {
            Self::Pusher => Self::Reverb,
            Self::Reverb => Self::Pusher,
        }
    }
}

impl CredentialChoice {
    /// Chooses a set; nothing if no variable of either is set. If both have variables, the driver that
    /// `BROADCAST_CONNECTION`, or else `BROADCAST_DRIVER`, selects decides. With any other driver the complete set
    /// wins, and `pusher` if both or neither are complete.
    #[must_use]
    pub fn of(environment: &Environment) -> Option<Self> {
        use CredentialSet::{Pusher, Reverb};
        let missing = |set: CredentialSet| set.missing(environment);
        let is_there = |set: CredentialSet| missing(set).len() < set.variables().len();
        let choice = match (is_there(Pusher), is_there(Reverb)) {
            (false, false) => return None,
            (true, false) => Self { set: Pusher, reason: Reason::Only },
            (false, true) => Self { set: Reverb, reason: Reason::Only },
            (true, true) => Self::selected(environment).unwrap_or_else(|| {
                match (missing(Pusher).first().copied(), missing(Reverb).first().copied()) {
                    (Some(lacks), None) => Self { set: Reverb, reason: Reason::Complete(lacks) },
                    (None, Some(lacks)) => Self { set: Pusher, reason: Reason::Complete(lacks) },
                    _ => Self { set: Pusher, reason: Reason::First },
                }
            }),
        };
        Some(choice)
    }

    fn selected(environment: &Environment) -> Option<Self> {
        let selector = SELECTORS.into_iter().find(|name| environment.filled(name).is_some())?;
        let set = match environment.env_text(selector)?.as_str() {
            "pusher" => CredentialSet::Pusher,
            "reverb" => CredentialSet::Reverb,
            _ => return None,
        };
        Some(Self { set, reason: Reason::Selected(selector) })
    }

    /// True if both sets have variables. A person may then expect the other set.
    #[must_use]
    pub fn is_between_two(&self) -> bool {
        self.reason != Reason::Only
    }

    /// The other set.
    #[must_use]
    pub fn passed_over(&self) -> CredentialSet {
        self.set.other()
    }
}

impl Display for CredentialChoice {
    /// Names the set that counts and the reason, in one line.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (set, other) = (self.set.prefix(), self.passed_over().prefix());
        let driver = set.to_ascii_lowercase();
        match self.reason {
            Reason::Only => write!(f, "{set}_APP_* counts: no {other}_APP_* is set"),
            Reason::Selected(selector) => write!(f, "{set}_APP_* counts, not {other}_APP_*: {selector} is {driver}"),
            Reason::Complete(lacks) => write!(f, "{set}_APP_* counts, not {other}_APP_*: {lacks} is not set"),
            Reason::First => write!(
                f,
                "{set}_APP_* counts, not {other}_APP_*: the driver is neither pusher nor reverb, and {set}_APP_* comes first"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(variables: &[&str]) -> Option<CredentialChoice> {
        let variables = variables.iter().map(|variable| variable.split_once('=').unwrap());
        CredentialChoice::of(&Environment::new(variables.map(|(name, value)| (name.to_owned(), value.to_owned())), []))
    }

    #[test]
    fn the_connection_decides_then_completeness_then_pusher() {
        const PUSHER: [&str; 3] = ["PUSHER_APP_ID=1", "PUSHER_APP_KEY=k", "PUSHER_APP_SECRET=s"];
        const REVERB: [&str; 3] = ["REVERB_APP_ID=2", "REVERB_APP_KEY=k", "REVERB_APP_SECRET=s"];
        const FIRST: &str = "PUSHER_APP_* counts, not REVERB_APP_*: the driver is neither pusher nor reverb, and PUSHER_APP_* comes first";
        let both = |selectors: &[&'static str]| [&PUSHER[..], &REVERB, selectors].concat();
        for (variables, expected) in [
            (PUSHER.to_vec(), "PUSHER_APP_* counts: no REVERB_APP_* is set"),
            (REVERB[2..].to_vec(), "REVERB_APP_* counts: no PUSHER_APP_* is set"),
            // Variables that `env()` reads as empty are not set.
            (
                [&REVERB[..], &["PUSHER_APP_ID=", "PUSHER_APP_KEY=null"]].concat(),
                "REVERB_APP_* counts: no PUSHER_APP_* is set",
            ),
            (
                both(&["BROADCAST_CONNECTION=reverb"]),
                "REVERB_APP_* counts, not PUSHER_APP_*: BROADCAST_CONNECTION is reverb",
            ),
            (both(&["BROADCAST_DRIVER=reverb"]), "REVERB_APP_* counts, not PUSHER_APP_*: BROADCAST_DRIVER is reverb"),
            (
                both(&["BROADCAST_CONNECTION=pusher", "BROADCAST_DRIVER=reverb"]),
                "PUSHER_APP_* counts, not REVERB_APP_*: BROADCAST_CONNECTION is pusher",
            ),
            // The selected driver wins even if its set is not complete, because Laravel uses it.
            (
                [&PUSHER[..], &REVERB[..1], &["BROADCAST_CONNECTION=reverb"]].concat(),
                "REVERB_APP_* counts, not PUSHER_APP_*: BROADCAST_CONNECTION is reverb",
            ),
            (
                [&PUSHER[..1], &REVERB, &["BROADCAST_CONNECTION=log", "BROADCAST_DRIVER=pusher"]].concat(),
                "REVERB_APP_* counts, not PUSHER_APP_*: PUSHER_APP_KEY is not set",
            ),
            (
                [&PUSHER[..], &REVERB[1..], &["BROADCAST_CONNECTION=null"]].concat(),
                "PUSHER_APP_* counts, not REVERB_APP_*: REVERB_APP_ID is not set",
            ),
            (both(&["BROADCAST_CONNECTION=redis"]), FIRST),
            ([&PUSHER[..1], &REVERB[..2]].concat(), FIRST),
        ] {
            assert_eq!(choice(&variables).unwrap().to_string(), expected, "{variables:?}");
        }
        assert_eq!(choice(&["BROADCAST_CONNECTION=reverb"]), None);
    }
}
