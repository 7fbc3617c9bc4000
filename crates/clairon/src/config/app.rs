//! Apps that the settings declare, and what an app has unless it says otherwise.

use std::num::NonZeroU32;

use clairon_protocol::{AppId, AppKey, Limits, Secret};
use clairon_registry::{AllowedOrigins, App, Credential, LIMITS, LimitRange};

use super::{
    fields::{Fields, Table},
    problem::{Problems, unknown},
};

/// The fields that an app cannot be without.
pub(super) const CREDENTIALS: [&str; 3] = ["id", "key", "secret"];

/// The other fields beside its limits, with what they may be and what for.
const FIELDS: [(&str, &str, &str); 10] = [
    ("name", "TEXT", "What people call it"),
    ("enabled", SWITCH, "Whether anybody gets in"),
    ("capacity", "NUMBER", "How many connections at once; 0 for no limit"),
    ("allowed_origins", "LIST", "The origins that browsers may connect from, with commas between; empty for all"),
    ("client_messages", SWITCH, "Client events (whispers)"),
    ("statistics", SWITCH, "Whether its traffic is counted"),
    ("user_authentication", SWITCH, "Whether users may sign in"),
    ("authorized_connections", SWITCH, "Close who neither signs in nor joins a private or presence channel"),
    ("watchlist", SWITCH, "Tell signed-in users who of their watchlist comes and goes"),
    ("subscription_counts", SWITCH, "Tell subscribers how many they are"),
];
const SWITCH: &str = "true|false";

/// A field of an app beside its credentials.
pub(crate) struct AppField {
    pub(crate) name: &'static str,
    /// What it may be, in a word.
    pub(crate) values: &'static str,
    /// What it is for, in a line.
    pub(crate) purpose: String,
}

/// Every field beside the credentials.
pub(crate) fn app_fields() -> impl Iterator<Item = AppField> {
    let fields = FIELDS.map(|(name, values, purpose)| AppField { name, values, purpose: purpose.to_owned() });
    let limits = LIMITS.map(|LimitRange { name, meaning, max, .. }| AppField {
        name,
        values: "NUMBER",
        purpose: format!("{meaning}, 1 to {max}"),
    });
    fields.into_iter().chain(limits)
}

/// Every field that an app may be declared with.
fn fields() -> impl Iterator<Item = &'static str> {
    CREDENTIALS.into_iter().chain(app_fields().map(|field| field.name))
}

/// An app as it was written.
pub(super) struct Declaration {
    /// What problems call it.
    pub(super) written: String,
    /// How the name of a field is spelt where it was written.
    pub(super) spell: fn(&str) -> String,
    pub(super) fields: Table,
}

/// The section `limits`: what an app has unless it says otherwise.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AppDefaults {
    pub(super) capacity: Option<NonZeroU32>,
    pub(super) limits: Limits,
}

impl AppDefaults {
    pub(super) fn read(fields: &mut Fields<'_>) -> Self {
        let capacity = fields.number("limits.capacity", 0..=u32::MAX).and_then(NonZeroU32::new);
        Self { capacity, limits: read_limits(fields, "limits.", Limits::default()) }
    }

    /// `app` with these in place of its own.
    pub(crate) fn apply(self, app: App) -> App {
        App { capacity: self.capacity, limits: self.limits, ..app }
    }
}

impl Declaration {
    /// Reads the app. `None`: something is wrong with it.
    pub(super) fn read(&self, defaults: AppDefaults, problems: &mut Problems) -> Option<App> {
        self.refuse_unknown(problems);
        self.refuse_missing(problems);
        let mut fields = Fields::new(&self.fields, problems);
        // Whoever swaps two of them must not find a secret in the error.
        let id = fields.secret("id", AppId::parse);
        let key = fields.secret("key", AppKey::parse);
        let secret = fields.secret("secret", Secret::parse);
        // Whatever the credentials are, the other fields are to be checked too.
        let mut app = defaults.apply(App::random());
        read_fields(&mut fields, &mut app);
        let app = App { id: id?, credentials: Credential::new(key?, secret?).into(), ..app };
        if let Err(error) = app.validate() {
            problems.add(format_args!("{}: {error}", self.written));
        }
        Some(app)
    }

    fn refuse_unknown(&self, problems: &mut Problems) {
        let names = fields().collect::<Vec<_>>();
        for (name, entry) in self.fields.iter().filter(|(name, _)| !names.contains(&name.as_str())) {
            problems.add(unknown(&entry.written, name, &names));
        }
    }

    /// The credentials that it lacks, as they are spelt where it was written.
    pub(super) fn missing(&self) -> Vec<String> {
        CREDENTIALS.into_iter().filter(|name| !self.fields.contains_key(*name)).map(self.spell).collect()
    }

    fn refuse_missing(&self, problems: &mut Problems) {
        let missing = self.missing().join(" and ");
        if !missing.is_empty() {
            let [id, key, secret] = CREDENTIALS.map(self.spell);
            let written = &self.written;
            problems.add(format_args!("{written} is there without {missing}: an app has {id}, {key} and {secret}"));
        }
    }
}

/// Gives `app` the fields that are there.
pub(super) fn read_fields(fields: &mut Fields<'_>, app: &mut App) {
    fn set<T>(field: &mut T, value: Option<T>) {
        if let Some(value) = value {
            *field = value;
        }
    }
    set(&mut app.name, fields.text("name", |name| Ok::<_, &str>(name.to_owned())));
    set(&mut app.enabled, fields.flag("enabled"));
    set(&mut app.capacity, fields.number("capacity", 0..=u32::MAX).map(NonZeroU32::new));
    set(&mut app.allowed_origins, read_origins(fields));
    set(&mut app.client_messages, fields.flag("client_messages"));
    set(&mut app.statistics, fields.flag("statistics"));
    set(&mut app.user_authentication, fields.flag("user_authentication"));
    set(&mut app.authorized_connections, fields.flag("authorized_connections"));
    set(&mut app.watchlist, fields.flag("watchlist"));
    set(&mut app.subscription_counts, fields.flag("subscription_counts"));
    app.limits = read_limits(fields, "", app.limits);
}

fn read_origins(fields: &mut Fields<'_>) -> Option<AllowedOrigins> {
    let entries = fields.list("allowed_origins")?;
    AllowedOrigins::parse(&entries).map_err(|error| fields.refuse("allowed_origins", error)).ok()
}

/// The limits, called by their names behind `prefix`; those that are not there are as in `limits`.
fn read_limits(fields: &mut Fields<'_>, prefix: &str, mut limits: Limits) -> Limits {
    for limit in &LIMITS {
        if let Some(value) = fields.number(&format!("{prefix}{}", limit.name), 1..=limit.max) {
            // It is in range, or it would not be there.
            let _ = limit.set(&mut limits, value.into());
        }
    }
    limits
}
