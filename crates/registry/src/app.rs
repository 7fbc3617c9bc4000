//! An app: one tenant of the server.

use clairon_protocol::{AppId, LIMITS, Limits};
use rand::{RngExt, rand_core::UnwrapErr, rngs::SysRng};

use crate::{
    credential::{Credential, Credentials},
    error::RegistryError,
    origins::{self, AllowedOrigins},
    webhooks::Webhooks,
};

/// The longest name of an app, in bytes.
pub const NAME_BYTES: usize = 255;

/// Something about an app that is on or off, as the table below has it.
#[derive(Debug)]
pub struct Switch {
    /// Its name: the setting, the column and the field alike.
    pub name: &'static str,
    /// Whether a new app has it on.
    pub default: bool,
    /// What is so while it is on, in words for people.
    pub meaning: &'static str,
    get: fn(&App) -> bool,
    set: fn(&mut App, bool),
}

impl Switch {
    /// Whether it is on.
    #[must_use]
    pub fn get(&self, app: &App) -> bool {
        (self.get)(app)
    }

    /// Turns it on or off.
    pub fn set(&self, app: &mut App, is_on: bool) {
        (self.set)(app, is_on);
    }
}

/// Makes of the table the switches of [`App`], their defaults, and [`SWITCHES`].
macro_rules! app {
    ($($switch:ident = $default:literal, $meaning:literal;)+) => {
        /// One app: its credentials, its switches, its limits.
        #[derive(Clone, Debug, PartialEq)]
        pub struct App {
            /// What stands in the path of the HTTP API.
            pub id: AppId,
            /// What a person calls it; may be empty.
            pub name: String,
            /// What clients name when they connect, and what its backend signs with.
            pub credentials: Credentials,
            /// The origins that browsers may connect from. Empty: all.
            pub allowed_origins: AllowedOrigins,
            /// Where its backend hears what happens in its channels.
            pub webhooks: Webhooks,
            $(#[doc = $meaning] pub $switch: bool,)+
            /// What one connection, request or channel may use.
            pub limits: Limits,
        }

        impl App {
            /// An app with one key; everything else as the defaults have it.
            #[must_use]
            pub fn new(id: AppId, credential: Credential) -> Self {
                Self {
                    id,
                    name: String::new(),
                    credentials: credential.into(),
                    allowed_origins: AllowedOrigins::default(),
                    webhooks: Webhooks::default(),
                    $($switch: $default,)+
                    limits: Limits::default(),
                }
            }
        }

        /// Every switch.
        pub(crate) static SWITCHES: [Switch; [$(stringify!($switch)),+].len()] = [$(Switch {
            name: stringify!($switch),
            default: $default,
            meaning: $meaning,
            get: |app| app.$switch,
            set: |app, is_on| app.$switch = is_on,
        }),+];
    };
}

// Name, default, meaning.
app! {
    enabled = true, "Clients and backends are let in";
    client_messages = false, "Clients may send client events (whispers)";
    statistics = true, "Its traffic is counted and kept";
    user_authentication = true, "Users may sign in on a connection";
    authorized_connections = false,
        "A connection that neither signs in nor joins a private or presence channel is closed after a while";
    watchlist = false, "Signed-in users hear who of their watchlist comes and goes";
    subscription_counts = false, "Subscribers hear how many they are";
}

impl App {
    /// An app with an id of 6 digits, as hosted Pusher gives, and a [random key](Credential::random).
    ///
    /// # Panics
    /// When the operating system has no random numbers to give: nothing made without them would be a secret.
    #[must_use]
    #[expect(clippy::expect_used, reason = "digits are in the alphabet of ids")]
    pub fn random() -> Self {
        let id = UnwrapErr(SysRng).random_range(100_000..=999_999).to_string();
        Self::new(AppId::parse(&id).expect("six digits are an app id"), Credential::random())
    }

    /// Marks the endpoints as declared by settings, and gives each the [id that it has at each
    /// start](WebhookId::derived).
    pub fn declare_webhooks(&mut self) {
        self.webhooks.declare(&self.id);
    }

    /// Checks what the types of the fields do not: lengths, counts and ranges. Run before every write.
    ///
    /// # Errors
    /// Names the first field that is wrong, its size, and what is allowed.
    pub fn validate(&self) -> Result<(), RegistryError> {
        self.credentials.validate()?;
        check_size("name", self.name.len(), "bytes", 0..=NAME_BYTES)?;
        check_text("name", &self.name)?;
        check_size("allowed_origins", self.allowed_origins.len(), "entries", 0..=origins::ENTRIES)?;
        self.webhooks.validate()?;
        LIMITS.iter().try_for_each(|limit| limit.check(limit.get(&self.limits).into()).map(drop))?;
        Ok(())
    }
}

fn check_size(
    field: &'static str,
    size: usize,
    unit: &'static str,
    allowed: std::ops::RangeInclusive<usize>,
) -> Result<(), RegistryError> {
    if allowed.contains(&size) {
        Ok(())
    } else {
        Err(RegistryError::Size { field, size, unit, min: *allowed.start(), max: *allowed.end() })
    }
}

fn check_text(field: &'static str, text: &str) -> Result<(), RegistryError> {
    match text.find(char::is_control) {
        None => Ok(()),
        Some(position) => Err(RegistryError::Character { field, size: text.len(), position }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Spoil = fn(&mut App);

    #[test]
    fn random_credentials_have_the_form_of_hosted_ones() {
        let (app, other) = (App::random(), App::random());
        assert!(app.id.as_str().len() == 6 && !app.id.as_str().starts_with('0'));
        assert!(app.id.as_str().bytes().all(|byte| byte.is_ascii_digit()));
        let [one, two] = [&app, &other].map(|app| app.credentials.newest());
        assert_eq!((one.key.as_str().len(), one.secret.expose().len()), (20, 40));
        assert!(hex::decode(one.key.as_str()).is_ok() && hex::decode(one.secret.expose()).is_ok());
        assert!(one.key != two.key && one.secret != two.secret);
        assert!(app.validate().is_ok());
    }

    #[test]
    fn what_is_too_long_is_named_with_size_and_limit() {
        let cases: [(Spoil, &str); 5] = [
            (|app| app.name = "n".repeat(256), "name has 256 bytes, allowed are 0 to 255"),
            (|app| app.name = "a\nb".into(), "name (3 bytes) has a control character at byte 1"),
            (
                |app| app.allowed_origins = AllowedOrigins::parse(&["o"; 101]).unwrap(),
                "allowed_origins has 101 entries, allowed are 0 to 100",
            ),
            (|app| app.limits.user_id_chars = 0, "user_id_chars is 0, allowed are 1 to 1000"),
            (|app| app.limits.event_data_bytes = 10_485_761, "event_data_bytes is 10485761, allowed are 1 to 10485760"),
        ];
        for (spoil, message) in cases {
            let mut app = App::random();
            spoil(&mut app);
            assert_eq!(app.validate().unwrap_err().to_string(), message);
        }
        let mut largest = App::random();
        largest.name = "n".repeat(255);
        largest.allowed_origins = AllowedOrigins::parse(&vec!["o".repeat(255); 100]).unwrap();
        largest.validate().unwrap();
    }
}
